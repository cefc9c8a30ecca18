//! Placeholder until the explained template lands.
use shared::api::TemplateView;
/// x
pub fn view(published: bool) -> TemplateView {
    TemplateView {
        version: String::new(),
        sha256: String::new(),
        text: String::new(),
        published,
        sets: Vec::new(),
        summary: Default::default(),
    }
}
