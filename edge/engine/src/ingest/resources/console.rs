//! Links into the AWS console.

/// Where the AWS console shows it, where that can be told from the id.
pub fn url(resource: &str, region: &str) -> Option<String> {
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:/.*".contains(&byte));
    if !is_plain(resource) || !is_plain(region) {
        return None;
    }
    if resource.starts_with("arn:aws:") {
        return Some(format!("https://console.aws.amazon.com/go/view?arn={resource}"));
    }
    let ec2 = |page: &str| {
        Some(format!("https://{region}.console.aws.amazon.com/ec2/home?region={region}#{page}={resource}"))
    };
    match resource.split_once('-')?.0 {
        _ if region.is_empty() => None,
        "i" => ec2("InstanceDetails:instanceId"),
        "vol" => ec2("VolumeDetails:volumeId"),
        "nat" => Some(format!(
            "https://{region}.console.aws.amazon.com/vpcconsole/home?region={region}#NatGatewayDetails:natGatewayId={resource}"
        )),
        _ => None,
    }
}
