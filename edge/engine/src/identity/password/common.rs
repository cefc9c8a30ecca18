//! Passwords that fall to the first millions of guesses: made of a few of the words, runs and patterns that lead every
//! list of stolen passwords. A rule instead of a list of thousands: lists hold few entries of fifteen characters, and
//! those are nearly all such combinations.

use std::collections::BTreeMap;

/// Parts up to which a password counts as guessed first.
const FEW: usize = 3;

/// Rows of keys, alphabets and counts; any stretch of three or more, in either direction, is one part.
const RUNS: &[&str] = &[
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "abcdefghijklmnopqrstuvwxyz",
    "12345678901234567890",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "zaq12wsxcde34rfvbgt56yhnmju78ik",
    "asdfqwerzxcv",
    "qweasdzxc",
    "147258369",
    "159753",
    "314159265358979323846",
    "112233445566778899",
];

/// The words people choose, and those that glue them together.
const WORDS: &str = "a aa aaron abc access account admin administrator adobe alex alexander alexis alpha always amanda \
america american amor amore amsterdam andrea andrew angel angela angels anna anthony apple april arsenal asdf ashley aws \
amazon august austin azerty baby babygirl bailey banana barcelona baseball basketball batman bear beautiful berlin best \
bigdog biteme bitch black blink blue boston brandon brooklyn bubbles buster butterfly california camaro cancel carlos \
caroline casey cash change changeme changeit charles charlie cheese chelsea cherry chicken chocolate christ christian \
chris christmas cisco claudia cloud cloudthread coffee company computer connect cookie cool corvette cost cowboy cowboys \
crystal daddy dallas daniel danielle database david dear december default demo denise dennis design destiny devil diamond \
dog donald dragon dreams eagle eagles edward elephant elizabeth emily england enter eminem erik everton family fender \
ferrari finance finops fish fishing flower flowers football for forever forgot france freddy freedom friday friend friends \
fuck fuckyou gabriel game games garden gemini george german germany ghost ginger girl girls giants god golden golf good \
goodluck google green guest guitar hacker hannah happy hardcore harley harry heart heaven hello hellokitty help hi hockey \
holiday home honey hotmail house hunter i ihateyou iloveu iloveyou in india internet is it jack jackson jake jakob james \
jasmine jason jasper jennifer jeremy jessica jesus john johnny jordan joseph joshua july june junior justin karen katie \
key killer king kitty knight l lakers lauren legend letmein letme lets liberty life lion live liverpool login logitech \
london long lord lost love loveme lovely lover lovers loveyou lucky maggie magic manager manchester march marina marine \
marlboro martin master matrix matthew maverick max me melissa mercedes merlin metallica michael michelle mickey midnight \
minecraft miss mission mom monday money monkey monster morgan mother mountain mouse murphy music mustang my myspace n name \
naruto nascar natasha nathan never new newyork nicholas nicole nirvana nokia nothing november october office oliver one \
online open oracle orange p pass passme passphrase passw passwort password paris patrick peace peaches peanut pepper \
perfect peter phoenix photo piano player please pokemon police power prince princess private public purple pussy qwert \
qwerty rabbit rachel racing raiders rainbow ranger rangers rebecca red redsox richard robert rock rocks root rose \
runescape russia sam samantha samsung sarah saturday scooter scorpion scott secret secure security september server sexy \
shadow shannon sierra silver simple skippy slayer smile smokey snoopy snow soccer sophie spain spider spiderman spring \
star starwars starbucks steelers stella steven stupid success summer sunday sunflower sunshine super superman superstar \
support sweet system taylor team tennis teresa test tester testing thailand the this thomas thunder thursday tiger tigger \
time tinker to together toor toyota travel trust trustno trustnoone tuesday turtle tweety u united unicorn unitedstates \
user username vanessa victor victoria viking vincent volleyball vip walter warrior wednesday welcome what whatever white \
wild william willow winner winter wizard wolf women wonderful word work world xbox xxx yamaha yankees year yellow yes you \
your zombie zxcv";

/// Whether the password is a few such parts, or a short piece over and over.
pub fn is_guessed_first(password: &str, context: &[&str]) -> bool {
    let lower: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    let letters: Vec<char> = lower.iter().copied().filter(|c| !is_separator(*c)).collect();
    let unit = shortest_unit(&letters);
    if unit.len() <= 4 && unit.len() < letters.len() {
        return true;
    }
    // Words with their cost: the tiniest, and what stands in the form anyway, add nothing to guess.
    let mut words: BTreeMap<Vec<char>, usize> =
        WORDS.split_whitespace().map(|word| (word.chars().collect(), usize::from(word.len() > 2))).collect();
    for text in context {
        let text: String = text.chars().flat_map(char::to_lowercase).collect();
        let found = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1);
        words.extend(found.map(|word| (word.chars().collect(), 0)));
    }
    // With its punctuation ("p@ssword" needs it) and without ("pass-word-123").
    [shortest_unit(&lower), unit]
        .into_iter()
        .any(|text| fewest_parts(text, &words).is_some_and(|parts| parts <= FEW))
}

/// The piece the text repeats, or the whole text.
fn shortest_unit(text: &[char]) -> &[char] {
    let repeats = |size: usize| text.iter().zip(text.iter().skip(size)).all(|(a, b)| a == b);
    let size = (1..=text.len() / 2).find(|size| repeats(*size)).unwrap_or(text.len());
    text.get(..size).unwrap_or(text)
}

/// The fewest parts the text is made of; `None` when something in it is no such part.
fn fewest_parts(text: &[char], words: &BTreeMap<Vec<char>, usize>) -> Option<usize> {
    let mut fewest: Vec<Option<usize>> = vec![None; text.len() + 1];
    *fewest.first_mut()? = Some(0);
    for start in 0..text.len() {
        let Some(so_far) = fewest.get(start).copied().flatten() else { continue };
        let rest = text.get(start..)?;
        for (length, cost) in parts_at(rest, words) {
            if let Some(slot) = fewest.get_mut(start + length) {
                *slot = Some(slot.map_or(so_far + cost, |known| known.min(so_far + cost)));
            }
        }
    }
    fewest.last().copied().flatten()
}

/// The parts a text can begin with: (characters, cost).
fn parts_at(text: &[char], words: &BTreeMap<Vec<char>, usize>) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let Some(&first) = text.first() else { return parts };
    if is_separator(first) {
        parts.push((1, 0));
    }
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count().min(4);
    parts.extend((1..=digits).map(|length| (length, 1)));
    let same = text.iter().take_while(|c| **c == first).count();
    parts.extend((3..=same).map(|length| (length, 1)));
    let run = RUNS.iter().map(|run| longest_run(text, run)).max().unwrap_or(0);
    parts.extend((3..=run).map(|length| (length, 1)));
    let spelt = |word: &[char]| {
        word.len() <= text.len() && word.iter().zip(text).all(|(letter, typed)| is_typed_as(*letter, *typed))
    };
    parts.extend(words.iter().filter(|(word, _)| spelt(word)).map(|(word, cost)| (word.len(), *cost)));
    parts
}

fn longest_run(text: &[char], run: &str) -> usize {
    let forward: Vec<char> = run.chars().collect();
    let backward: Vec<char> = run.chars().rev().collect();
    let longest = |run: &[char]| {
        (0..run.len())
            .map(|from| run.iter().skip(from).zip(text).take_while(|(a, b)| a == b).count())
            .max()
            .unwrap_or(0)
    };
    longest(&forward).max(longest(&backward))
}

fn is_separator(c: char) -> bool {
    !c.is_alphanumeric() && c.is_ascii() && !c.is_control()
}

fn is_typed_as(letter: char, typed: char) -> bool {
    letter == typed
        || match letter {
            'a' => matches!(typed, '@' | '4'),
            'e' => typed == '3',
            'i' => matches!(typed, '1' | '!'),
            'l' => typed == '1',
            'o' => typed == '0',
            's' => matches!(typed, '$' | '5'),
            't' => typed == '7',
            _ => false,
        }
}
