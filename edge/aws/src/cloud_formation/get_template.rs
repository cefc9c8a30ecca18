use crate::error::AwsError;
use crate::operation::{Operation, Request, Response, Service};
use crate::xml;

/// The template a stack was made from, verbatim, to hash and compare with the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetTemplate {
    /// The stack's ARN.
    pub stack: String,
}

impl Operation for GetTemplate {
    type Output = String;
    const SERVICE: Service = Service::CloudFormation;
    const NAME: &'static str = "cloudformation:GetTemplate";

    fn request(&self) -> Request {
        Request::query::<Self>(&[("StackName", &self.stack), ("TemplateStage", "Original")])
    }

    fn parse(&self, response: Response) -> Result<String, AwsError> {
        xml::read(&response.body, |root| root.child("GetTemplateResult")?.text("TemplateBody"))
            .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let get = GetTemplate { stack: "s".to_owned() };
        let text = exchange::check(
            &get,
            "POST https://cloudformation.us-east-1.amazonaws.com/",
            "Action=GetTemplate&Version=2010-05-15&StackName=s&TemplateStage=Original",
            "<GetTemplateResponse><GetTemplateResult><TemplateBody>a: &lt;b&gt;\n  c: &#x9;1\n</TemplateBody>\
             <StagesAvailable><member>Original</member></StagesAvailable></GetTemplateResult></GetTemplateResponse>",
        );
        assert_eq!(text, "a: <b>\n  c: \t1\n");
        exchange::check_malformed(&get, &["", "<GetTemplateResponse/>"]);
    }
}
