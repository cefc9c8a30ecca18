//! Trunk's hook: hashes the inline boot script of `index.html` into the content security policy, and writes the
//! headers of everything Cloudflare serves without asking the Worker.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::{Outcome, paths};

/// Inline scripts Trunk is expected to write: its boot module.
const INLINE_SCRIPTS: usize = 1;

/// Writes `_headers` beside the staged `index.html`.
pub fn run() -> Outcome {
    let folder =
        std::env::var_os("TRUNK_STAGING_DIR").map_or_else(|| paths::root().join("dist"), PathBuf::from);
    let page = fs::read_to_string(folder.join("index.html"))
        .map_err(|error| format!("cannot read index.html in {}: {error}", folder.display()))?;
    let hashes = inline_scripts(&page).map(hash).collect::<Vec<_>>();
    if hashes.len() > INLINE_SCRIPTS {
        return Err(format!(
            "index.html holds {} inline scripts, expected {INLINE_SCRIPTS}: move them into files",
            hashes.len()
        ));
    }
    fs::write(folder.join("_headers"), headers(&hashes))
        .map_err(|error| format!("cannot write _headers: {error}"))
}

fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (body, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=") && !body.is_empty()).then_some(body)
    })
}

fn hash(script: &str) -> String {
    format!(
        "'sha256-{}'",
        base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script.as_bytes()))
    )
}

fn headers(hashes: &[String]) -> String {
    let scripts = ["'self'".to_owned(), "'wasm-unsafe-eval'".to_owned()]
        .iter()
        .chain(hashes)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "/*\n  Content-Security-Policy: default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'\n  Strict-Transport-Security: max-age=63072000\n  \
         X-Content-Type-Options: nosniff\n  Referrer-Policy: no-referrer\n  Cross-Origin-Opener-Policy: same-origin\n  \
         Cross-Origin-Embedder-Policy: require-corp\n  Cross-Origin-Resource-Policy: same-origin\n  Permissions-Policy: \
         accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()\n\
         /assets/*\n  Cache-Control: public, max-age=31536000, immutable\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inline_scripts_are_hashed() {
        let page = r#"<script src="/theme.js"></script><script type="module">a()</script><script type="module"></script>"#;
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["a()"]);
        assert!(headers(&[hash("a()")]).contains("'wasm-unsafe-eval' 'sha256-"));
    }
}
