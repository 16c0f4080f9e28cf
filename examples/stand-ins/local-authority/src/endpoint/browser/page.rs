//! The pages: plain forms for people, and `$Config` for the clients that read it.

use serde_json::{Map, Value, json};

use super::context::{Context, Step};
use super::interrupt::APP_CHECK;
use crate::config::PolicyState;
use crate::grant::Login;
use crate::hosts::certauth_of;
use crate::http::{Answer, Request};
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// No icon: to ask for one at a certauth host, a browser would make a further connection, and show the certificate again.
const NO_ICON: &str = "<link rel=\"icon\" href=\"data:,\">";

const STYLE: &str = "body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:32rem;padding:0 1rem}\
    input,button{font:inherit;padding:.4rem;margin:.2rem 0}[role=alert]{color:#a00}";

/// Numbers and names of the pages that public clients were seen to get (`hpgid`, `hpgact`).
fn numbers(id: &str) -> (u32, u32) {
    match id {
        "ConvergedSignIn" => (1104, 1800),
        "KmsiInterrupt" => (1115, 2005),
        _ => (1000, 2000),
    }
}

/// The page that asks for a user name.
pub(in crate::endpoint) fn sign_in(
    state: &State,
    request: &Request,
    context: &Context,
    refusal: Option<Refusal>,
) -> Result<Answer, Refusal> {
    // Nobody has signed in yet, which the first page says by this number.
    let shown = refusal
        .as_ref()
        .map_or(Code::LOGIN_REQUIRED, |refusal| refusal.code);
    let step = Step::Name(context.asked.login_hint.clone());
    let (hidden, mut config) = parts(state, request, context, step, "ConvergedSignIn")?;
    let hint = context.asked.login_hint.as_deref().unwrap_or_default();
    config.insert("urlPost".to_owned(), json!("/common/login"));
    config.insert("sPOST_Username".to_owned(), json!(hint));
    put_error(&mut config, shown);
    let alert = refusal.map_or_else(String::new, |refusal| alert(&refusal));
    let body = format!(
        "{alert}<form method=\"post\" action=\"/common/login\">{hidden}\
         <p><label for=\"name\">User name</label><br>\
         <input id=\"name\" name=\"loginfmt\" type=\"email\" autocomplete=\"username\" value=\"{}\" required autofocus></p>\
         <p><button type=\"submit\">Next</button></p></form>",
        escape(hint)
    );
    let mut answer = render("ConvergedSignIn", "Sign in", &config, &body);
    answer.headers.push(("set-cookie", context.set_cookie(state)?));
    Ok(answer)
}

/// The page that leads to the certauth host.
pub(super) fn certificate(
    state: &State,
    request: &Request,
    context: &Context,
    name: &str,
) -> Result<Answer, Refusal> {
    let step = Step::Name(Some(name.to_owned()));
    let (hidden, mut config) = parts(state, request, context, step, "ConvergedSignIn")?;
    config.insert("sPOST_Username".to_owned(), json!(name));
    let body = format!(
        "<p>{}</p><form method=\"post\" action=\"{}\">{hidden}\
         <p><button type=\"submit\" autofocus>Sign in with a certificate or smart card</button></p></form>\
         <form method=\"post\" action=\"/common/login\">{hidden}<input type=\"hidden\" name=\"loginfmt\" value=\"\">\
         <p><button type=\"submit\">Use another account</button></p></form>",
        escape(name),
        escape(&certauth_url(state, request)),
    );
    Ok(render(
        "ConvergedSignIn",
        "Choose a way to sign in",
        &config,
        &body,
    ))
}

/// Where a browser shows its certificate.
pub(in crate::endpoint) fn certauth_url(state: &State, request: &Request) -> String {
    let tenant = &state.configuration.tenant.id;
    let hints = state.configuration.certificate_policy.issuer_hints_configuration;
    let named = (hints.state == PolicyState::Enabled).then_some(tenant.as_str());
    let host = certauth_of(request.header("host").unwrap_or("localhost"), named);
    format!("https://{host}/{tenant}/certauth")
}

/// A page between the certificate and the code.
pub(super) fn interrupt(
    state: &State,
    request: &Request,
    context: &Context,
    login: Login,
    pages: Vec<String>,
) -> Result<Answer, Refusal> {
    let id = pages.first().cloned().unwrap_or_default();
    let is_app_check = id == APP_CHECK;
    let (hidden, mut config) = parts(state, request, context, Step::Pages { login, pages }, &id)?;
    let (action, code, title, question, buttons) = if is_app_check {
        (
            "/appverify",
            Code::APP_CHECK,
            "Check the application",
            format!(
                "Are you trying to sign in to the application {}? Continue only if you started it.",
                context.asked.client_id
            ),
            "<input type=\"hidden\" name=\"iscsrfspeedbump\" value=\"false\">\
             <p><button name=\"ContinueAuth\" value=\"true\" autofocus>Continue</button> \
             <button name=\"ContinueAuth\" value=\"false\">Cancel</button></p>",
        )
    } else {
        (
            "/kmsi",
            Code::KEEP_ME_SIGNED_IN,
            "Stay signed in?",
            "You will be asked to sign in less often.".to_owned(),
            "<input type=\"hidden\" name=\"type\" value=\"28\">\
             <p><button name=\"LoginOptions\" value=\"1\">Yes</button> \
             <button name=\"LoginOptions\" value=\"3\" autofocus>No</button></p>",
        )
    };
    config.insert("urlPost".to_owned(), json!(action));
    put_error(&mut config, code);
    let body = format!(
        "<p>{}</p><form method=\"post\" action=\"{action}\">{hidden}\
         <input type=\"hidden\" name=\"hpgrequestid\" value=\"{}\"><input type=\"hidden\" name=\"i19\" value=\"1000\">\
         {buttons}</form>",
        escape(&question),
        escape(config["sessionId"].as_str().unwrap_or_default()),
    );
    Ok(render(&id, title, &config, &body))
}

/// A page that asks for something which this authority does not have: a second factor, consent, a new password.
pub(super) fn dead_end(
    state: &State,
    request: &Request,
    context: &Context,
    id: &str,
    code: Code,
) -> Result<Answer, Refusal> {
    let (_, mut config) = parts(state, request, context, Step::Name(None), id)?;
    put_error(&mut config, code);
    if id == "ConvergedTFA" {
        config.insert(
            "arrUserProofs".to_owned(),
            json!([{"authMethodId": "PhoneAppNotification", "isDefault": true}]),
        );
    }
    let sentence = code.sentence();
    let body = format!(
        "<p>{sentence} The local authority has no way to do that: start again with another user.</p>"
    );
    Ok(render(id, "More is needed", &config, &body))
}

/// The page of a refusal.
pub(crate) fn error_page(request: &Request, refusal: &Refusal, status: u16) -> Answer {
    let mut config = Map::new();
    let number = refusal.code.number();
    let text = format!("AADSTS{number}: {} {}", refusal.code.sentence(), refusal.detail);
    put_error(&mut config, refusal.code);
    config.insert("strServiceExceptionMessage".to_owned(), json!(text.trim()));
    config.insert("strMainMessage".to_owned(), json!("Sign-in failed"));
    config.insert("correlationId".to_owned(), json!(request.ids.correlation));
    config.insert("sRequestId".to_owned(), json!(request.ids.trace));
    let mut answer = render("ConvergedError", "Sign-in failed", &config, &alert(refusal));
    answer.status = status;
    answer
}

/// A form that a browser sends on by itself, and a person without script by a button.
pub(super) fn forward(action: &str, fields: &[(&str, &str)]) -> Answer {
    let hidden: String = fields.iter().map(|(name, value)| input(name, value)).collect();
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">{NO_ICON}<title>Working...</title></head><body>\
         <form method=\"POST\" name=\"hiddenform\" action=\"{}\">{hidden}\
         <noscript><p>Script is disabled. Click Submit to continue.</p>\
         <input type=\"submit\" value=\"Submit\"></noscript></form>\
         <script language=\"javascript\">document.forms[0].submit();</script></body></html>\n",
        escape(action)
    );
    Answer::new(200, "text/html; charset=utf-8", page)
}

/// A page with a form that does not belong to a sign-in.
pub(super) fn plain(title: &str, body: &str) -> Answer {
    render("Local", title, &Map::new(), body)
}

/// The hidden fields and the `$Config` of a page.
fn parts(
    state: &State,
    request: &Request,
    context: &Context,
    step: Step,
    id: &str,
) -> Result<(String, Map<String, Value>), Refusal> {
    let [sealed, flow, canary] = context.hand_on(state, request, step)?;
    let hidden = input("ctx", &sealed) + &input("flowToken", &flow) + &input("canary", &canary);
    let origin = request.origin();
    let (page, action) = numbers(id);
    let config = json!({
        "sCtx": sealed,
        "sFT": flow,
        "sFTName": "flowToken",
        "canary": canary,
        "sCanaryTokenName": "canary",
        "apiCanary": canary,
        "sessionId": context.session,
        "correlationId": request.ids.correlation,
        "urlGetCredentialType": format!("{origin}/common/GetCredentialType?mkt=en-US"),
        "urlLogin": format!("{origin}/common/reprocess?sosid={}", context.session),
        "hpgid": page,
        "hpgact": action,
        "fShowButtons": true,
        "sTenantId": state.configuration.tenant.id,
        "sCompanyDisplayName": state.configuration.tenant.cloud_instance_name,
    });
    match config {
        Value::Object(config) => Ok((hidden, config)),
        _ => unreachable!("an object was written above"),
    }
}

fn put_error(config: &mut Map<String, Value>, code: Code) {
    config.insert("sErrorCode".to_owned(), json!(code.number().to_string()));
    config.insert("iErrorCode".to_owned(), json!(code.number()));
    config.insert("sErrTxt".to_owned(), json!(code.sentence()));
}

fn alert(refusal: &Refusal) -> String {
    let text = format!(
        "AADSTS{}: {} {}",
        refusal.code.number(),
        refusal.code.sentence(),
        refusal.detail
    );
    format!("<p role=\"alert\">{}</p>", escape(text.trim()))
}

fn render(id: &str, title: &str, config: &Map<String, Value>, body: &str) -> Answer {
    let mut config = config.clone();
    config.insert("pgid".to_owned(), json!(id));
    // A script ends at the first `</script`, whatever it says; Entra escapes these too.
    let json = Value::Object(config)
        .to_string()
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e");
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{NO_ICON}<title>{title}</title><style>{STYLE}</style>\n\
         <script type=\"text/javascript\">//<![CDATA[\n$Config={json};\n//]]></script></head>\n\
         <body><main><h1>{title}</h1>{body}</main></body></html>\n"
    );
    Answer::new(200, "text/html; charset=utf-8", page)
}

/// A hidden field.
fn input(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
        escape(name),
        escape(value)
    )
}

/// Text in HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
