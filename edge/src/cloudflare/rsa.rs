//! RSA PKCS#1 v1.5 over SHA-256, by the platform's WebCrypto.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

/// Whether `signature` is that of `text` by the key in `spki`. Anything that fails on the way is a no.
pub async fn verifies(spki: &[u8], signature: &[u8], text: &str) -> bool {
    check(spki, signature, text).await.is_ok_and(|outcome| outcome == JsValue::TRUE)
}

async fn check(spki: &[u8], signature: &[u8], text: &str) -> Result<JsValue, JsValue> {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name));
    let subtle = get(&get(&js_sys::global(), "crypto")?, "subtle")?;
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"RSASSA-PKCS1-v1_5".into())?;
    Reflect::set(&algorithm, &"hash".into(), &"SHA-256".into())?;
    let call = |name: &str, arguments: Array| -> Result<Promise, JsValue> {
        let method: Function = get(&subtle, name)?.dyn_into()?;
        method.apply(&subtle, &arguments)?.dyn_into()
    };
    let usages = Array::of1(&"verify".into());
    let import: Array = [
        JsValue::from_str("spki"),
        Uint8Array::from(spki).into(),
        algorithm.clone().into(),
        JsValue::FALSE,
        usages.into(),
    ]
    .into_iter()
    .collect();
    let key = JsFuture::from(call("importKey", import)?).await?;
    let verify: Array =
        [algorithm.into(), key, Uint8Array::from(signature).into(), Uint8Array::from(text.as_bytes()).into()]
            .into_iter()
            .collect();
    JsFuture::from(call("verify", verify)?).await
}
