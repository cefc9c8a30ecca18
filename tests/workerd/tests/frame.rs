//! Health, headers and refusals that hold whatever the product can do.

use workerd_tests::Browser;

#[test]
fn health_touches_every_store() {
    let answer = Browser::default().get("/api/health");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["status"], "ok");
}

#[test]
fn unknown_paths_of_the_api_are_problems() {
    let answer = Browser::default().get("/api/no-such-thing");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
}
