//! Every route of the API: method, path and who may call it. The edge serves this table, the app calls it, and tests walk
//! it: a route without a golden exchange, a row of who may call it or a row in docs/API.md fails one of them.

/// What a caller must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Anyone holding the cookie of a pending sign-up.
    PendingSignUp,
    /// A signed-in user.
    Session,
    /// A signed-in user whose password was entered in the last five minutes.
    FreshSession,
    /// A member of the workspace in the path with at least this role.
    Workspace(Role),
    /// As `Workspace`, with the password entered in the last five minutes.
    FreshWorkspace(Role),
    /// AWS SNS, proven by signature.
    Sns,
    /// Development builds only, with the test key.
    Test,
}

/// What a member may do; each role may all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, exports, copies links.
    Viewer,
    /// Saves views, rules, unit metrics.
    Member,
    /// Connects, adjusts policies, manages report and team, disconnects.
    Admin,
    /// Deletes the workspace, changes owners.
    Owner,
}

impl Role {
    /// As it travels and as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Member => "member",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

/// An HTTP method the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are HTTP's")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// As HTTP spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident $method:ident $path:literal $access:expr;)*) => {
        /// A route of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Route { $($(#[$doc])* $name,)* }

        impl Route {
            /// Every route, in the order of the documentation.
            pub const ALL: &[Route] = &[$(Route::$name,)*];

            /// Its name, as used by tests and documentation.
            pub const fn name(self) -> &'static str { match self { $(Route::$name => stringify!($name),)* } }

            /// Its method.
            pub const fn method(self) -> Method { match self { $(Route::$name => Method::$method,)* } }

            /// Its path; segments in braces are parameters.
            pub const fn path(self) -> &'static str { match self { $(Route::$name => $path,)* } }

            /// Who may call it.
            pub const fn access(self) -> Access { match self { $(Route::$name => $access,)* } }
        }
    };
}

use Access::{FreshSession, FreshWorkspace, PendingSignUp, Public, Session, Sns, Test, Workspace};
use Role::{Admin, Owner, Viewer};

routes! {
    /// Readiness: touches D1 and one Durable Object, returns the build id. → `api::Health`
    GetHealth Get "/api/health" Public;
    /// What the start page needs to know before anyone signs in. → `api::Instance`
    GetInstance Get "/api/instance" Public;
    /// The published customer template. → YAML
    GetTemplateText Get "/api/template/customer.yaml" Public;

    /// `api::SignUp` → 202 `api::PendingSignUp`, the same for known and unknown addresses.
    SignUp Post "/api/sign-up" Public;
    /// How the pending sign-up stands. → `api::PendingSignUp`
    GetSignUp Get "/api/sign-up" PendingSignUp;
    /// Sends link and code again. → 202 `api::PendingSignUp`
    ResendSignUp Post "/api/sign-up/resend" PendingSignUp;
    /// `api::Confirm` → `api::Me`
    Confirm Post "/api/confirm" Public;
    /// `api::SignIn` → `api::Me`
    SignIn Post "/api/sign-in" Public;
    /// → 204
    SignOut Post "/api/sign-out" Public;
    /// `api::Forgot` → 202, always
    Forgot Post "/api/forgot" Public;
    /// `api::Reset` → 204
    Reset Post "/api/reset" Public;

    /// → `api::Me`
    GetMe Get "/api/me" Session;
    /// `api::Reauthenticate` → 204
    Reauthenticate Post "/api/me/reauthenticate" Session;
    /// `api::Profile` → `api::Me`
    PutProfile Put "/api/me/profile" Session;
    /// `api::ChangePassword` → 204
    PutPassword Put "/api/me/password" FreshSession;
    /// → `Vec<api::SessionRow>`
    ListSessions Get "/api/me/sessions" Session;
    /// → 204
    DeleteSession Delete "/api/me/sessions/{session}" Session;

    /// → `api::ConnectionView`
    GetConnection Get "/api/workspaces/{workspace}/connection" Workspace(Viewer);
    /// `api::LinkChoice` → `api::StackLink`; renews the stack token when it is old or the choice changed.
    PostLink Post "/api/workspaces/{workspace}/connection/link" Workspace(Admin);
    /// `api::LinkOpened` → `api::ConnectionView`; starts the clock of the stack step.
    PostLinkOpened Post "/api/workspaces/{workspace}/connection/opened" Workspace(Admin);
    /// `api::PastedRole` → `api::ConnectionView`
    PostRole Post "/api/workspaces/{workspace}/connection/role" Workspace(Admin);
    /// Looks again now, at most every 10 s. → `api::ConnectionView`
    PostCheck Post "/api/workspaces/{workspace}/connection/check" Workspace(Viewer);
    /// `api::Disconnect` → `api::ConnectionView`
    PostDisconnect Post "/api/workspaces/{workspace}/connection/disconnect" FreshWorkspace(Admin);
    /// → `api::TemplateView`
    GetTemplate Get "/api/workspaces/{workspace}/template" Workspace(Viewer);
    /// → `api::PoliciesView`
    GetPolicies Get "/api/workspaces/{workspace}/policies" Workspace(Viewer);
    /// → `api::ReportView`
    GetReport Get "/api/workspaces/{workspace}/report" Workspace(Viewer);
    /// The report against Cost Explorer, month by month. → `api::ReconcileView`
    GetReconcile Get "/api/workspaces/{workspace}/reconcile" Workspace(Viewer);
    /// → `api::CallsView`
    GetCalls Get "/api/workspaces/{workspace}/calls" Workspace(Viewer);
    /// `api::CallsCap` → `api::CallsView`
    PutCallsCap Put "/api/workspaces/{workspace}/calls/cap" Workspace(Admin);
    /// Fetches Cost Explorer again, at most four times a day. → `api::InsightsView`
    PostRefresh Post "/api/workspaces/{workspace}/refresh" Workspace(Role::Member);

    /// Which blobs answer which periods. → `api::DataIndex`
    GetData Get "/api/workspaces/{workspace}/data" Workspace(Viewer);
    /// An immutable cube blob, by its content hash. → bytes
    GetBlob Get "/api/workspaces/{workspace}/blobs/{hash}" Workspace(Viewer);
    /// Forecast, anomalies, commitments. → `api::InsightsView`
    GetInsights Get "/api/workspaces/{workspace}/insights" Workspace(Viewer);
    /// Query `api::ResourceQuery` → `api::ResourcePage`
    ListResources Get "/api/workspaces/{workspace}/resources" Workspace(Viewer);
    /// Query `api::ResourceKey` → `api::ResourceDetail`
    GetResource Get "/api/workspaces/{workspace}/resource" Workspace(Viewer);

    /// Figures were saved as a file: `api::Export` → nothing; for the audit log.
    PostExport Post "/api/workspaces/{workspace}/exports" Workspace(Viewer);

    /// → `api::Notifications`
    ListNotifications Get "/api/workspaces/{workspace}/notifications" Workspace(Viewer);
    /// `api::MarkRead` → `api::Notifications`
    PostNotificationsRead Post "/api/workspaces/{workspace}/notifications/read" Workspace(Viewer);
    /// → `Vec<api::AuditRow>`
    ListAudit Get "/api/workspaces/{workspace}/audit" Workspace(Viewer);
    /// → `Vec<api::MemberRow>`
    ListMembers Get "/api/workspaces/{workspace}/members" Workspace(Viewer);
    /// `api::RenameWorkspace` → `api::WorkspaceSummary`
    PutWorkspace Put "/api/workspaces/{workspace}" Workspace(Admin);
    /// `api::DeleteWorkspace` → 204
    DeleteWorkspace Delete "/api/workspaces/{workspace}" FreshWorkspace(Owner);
    /// Takes a deletion back within its seven days. → `api::WorkspaceSummary`
    RestoreWorkspace Post "/api/workspaces/{workspace}/restore" Workspace(Owner);

    /// The stack's messages, through SNS. → 200, 403 on a bad signature
    StackCallback Post "/api/aws/callback" Sns;

    /// `api::MoveClock` → 204; runs what became due.
    MoveClock Post "/api/test/clock" Test;
}

impl Route {
    /// The path with its parameters filled in, percent-encoded.
    pub fn fill(self, parameters: &[&str]) -> String {
        let mut rest = parameters.iter();
        self.path()
            .split('/')
            .map(|segment| {
                if segment.starts_with('{') {
                    let value = rest.next().copied().unwrap_or_default();
                    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)
                        .to_string()
                        .replace("%2D", "-")
                        .replace("%5F", "_")
                } else {
                    segment.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("/")
    }

    /// The route for a method and path, with its (still encoded) parameters.
    pub fn find<'a>(method: &str, path: &'a str) -> Option<(Route, Vec<&'a str>)> {
        Route::ALL
            .iter()
            .filter(|route| route.method().as_str() == method)
            .find_map(|route| route.parameters(path).map(|parameters| (*route, parameters)))
    }

    /// Whether any route has this path, whatever the method: 405 rather than 404.
    pub fn knows_path(path: &str) -> bool {
        Route::ALL.iter().any(|route| route.parameters(path).is_some())
    }

    fn parameters(self, path: &str) -> Option<Vec<&str>> {
        let (mut pattern, mut actual) = (self.path().split('/'), path.split('/'));
        let mut parameters = Vec::new();
        loop {
            match (pattern.next(), actual.next()) {
                (None, None) => return Some(parameters),
                (Some(name), Some(value)) if name.starts_with('{') && !value.is_empty() => {
                    parameters.push(value)
                }
                (Some(want), Some(got)) if want == got => {}
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_found_by_its_own_path_alone() {
        for route in Route::ALL {
            let path = route.fill(&["a-b", "c"]);
            let (found, _) = Route::find(route.method().as_str(), &path).unwrap();
            assert_eq!(found, *route, "{path}");
        }
    }

    #[test]
    fn parameters_cannot_leave_their_segment() {
        assert_eq!(Route::GetBlob.fill(&["a/../b", "?x"]), "/api/workspaces/a%2F%2E%2E%2Fb/blobs/%3Fx");
        assert!(Route::find("GET", "/api/workspaces//connection").is_none());
        assert!(Route::knows_path("/api/me") && !Route::knows_path("/api/you"));
    }

    #[test]
    fn role_names_are_those_of_the_contract() {
        for role in [Role::Viewer, Role::Member, Role::Admin, Role::Owner] {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }
}
