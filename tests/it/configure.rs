//! `tucuxi configure`: the files that it writes, and what it prints.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::loopback::Server;

#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    error: String,
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
    command
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home)
        .args(args);
    command
}

fn run(command: &mut Command, stdin: &str) -> Run {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    // it may end without reading
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        error: text(output.stderr),
    }
}

fn configure(home: &Path, args: &str, stdin: &str) -> Run {
    let args: Vec<&str> = ["configure"]
        .into_iter()
        .chain(args.split_whitespace())
        .collect();
    run(&mut command(home, &args), stdin)
}

fn file(home: &Path, name: &str) -> String {
    fs::read_to_string(home.join(".aws").join(name)).unwrap_or_default()
}

fn home(config: &str, credentials: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".aws");
    fs::create_dir(&folder).unwrap();
    for (name, text) in [("config", config), ("credentials", credentials)] {
        if !text.is_empty() {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    home
}

#[test]
fn the_wizard_saves_keys_and_settings_in_their_files() {
    let empty = tempfile::tempdir().unwrap();
    let asked = configure(empty.path(), "", "AKIDNEW1\nsecret99\neu-west-1\n\n");
    assert_eq!(
        asked.out,
        "AWS Access Key ID [None]: AWS Secret Access Key [None]: Default region name [None]: Default output format [None]: "
    );
    let keys = "[default]\naws_access_key_id = AKIDNEW1\naws_secret_access_key = secret99\n";
    assert_eq!(file(empty.path(), "credentials"), keys);
    assert_eq!(
        file(empty.path(), "config"),
        "[default]\nregion = eu-west-1\n"
    );
    let again = configure(empty.path(), "", "\n\n\n\n");
    assert!(
        again.code == 0 && !again.out.contains("secret99"),
        "{again:?}"
    );
    assert!(
        again.out.contains("[****************NEW1]: ")
            && again.out.contains("[****************et99]: ")
    );
    assert_eq!(file(empty.path(), "credentials"), keys);
    let other = configure(empty.path(), "--profile other", "K\n\n\n\n");
    assert_eq!(other.code, 0);
    assert!(file(empty.path(), "config").ends_with("[profile other]\n"));
    assert!(file(empty.path(), "credentials").ends_with("[other]\naws_access_key_id = K\n"));
    let short = configure(empty.path(), "--profile third", "K\nS\n");
    assert_eq!(short.code, 255);
    assert!(!file(empty.path(), "credentials").contains("third"));
}

#[test]
fn keys_are_set_and_read() {
    let home = home(
        "[default]\ns3 =\n    a = 1\n[profile x]\nregion = r\n[plugins]\np = q\n",
        "",
    );
    for (args, code, out) in [
        ("get s3.a", 0, "1\n"),
        ("get s3", 1, ""),
        ("get x.region", 0, "r\n"),
        ("get profile.x.region", 0, "r\n"),
        ("get region --profile x", 0, "r\n"),
        ("get plugins.p", 0, "q\n"),
        ("get region", 1, ""),
        ("get region --profile none", 255, ""),
        ("get profile.x", 255, ""),
        ("set a.b.c d", 255, ""),
        ("get", 252, ""),
        ("set region", 252, ""),
        ("set region a b", 252, ""),
        ("nothing", 252, ""),
        ("--nothing", 252, ""),
        ("set s3.b 2 --profile x", 0, ""),
        ("get x.s3.b", 0, "2\n"),
        ("set region file://none", 0, ""),
        ("get region", 0, "file://none\n"),
        ("list-profiles", 0, "default\nx\n"),
    ] {
        let run = configure(home.path(), args, "");
        assert_eq!((run.code, &*run.out), (code, out), "{args}: {run:?}");
    }
    let unknown = configure(home.path(), "lst", "");
    assert!(
        unknown.error.contains("did you mean \"configure list\""),
        "{unknown:?}"
    );
}

#[test]
fn the_list_shows_where_values_come_from() {
    let home = home(
        "[default]\nregion = r\n[profile x]\n",
        "[default]\naws_access_key_id = AKID1234\naws_secret_access_key = hidden99\n",
    );
    let list = |args: &[&str], variables: &[(&str, &str)]| {
        let args = [&["configure", "list"], args].concat();
        run(
            command(home.path(), &args).envs(variables.iter().copied()),
            "",
        )
    };
    let own = list(&[], &[]);
    let expected = "NAME       : VALUE                    : TYPE             : LOCATION\n\
        profile    : <not set>                : None             : None\n\
        access_key : ****************1234     : shared-credentials-file : \n\
        secret_key : ****************en99     : shared-credentials-file : \n\
        region     : r                        : config-file      : ~/.aws/config\n";
    assert_eq!(own.out, expected);
    let x = list(
        &["--region", "ignored"],
        &[("AWS_PROFILE", "x"), ("AWS_REGION", "e")],
    );
    assert!(x.out.contains("profile    : x                        : env              : ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']\n"), "{x:?}");
    assert!(
        x.out
            .contains("access_key : <not set>                : None             : None\n"),
        "{x:?}"
    );
    assert!(x.out.contains("region     : e                        : env              : ['AWS_REGION', 'AWS_DEFAULT_REGION']\n"), "{x:?}");
    let both = list(
        &[],
        &[("AWS_PROFILE", "x"), ("AWS_DEFAULT_PROFILE", "none")],
    );
    assert!(
        both.code == 0 && both.out.contains("profile    : x "),
        "{both:?}"
    );
    let none = list(&["--profile", "none"], &[]);
    assert_eq!((none.code, none.out.lines().count()), (255, 2), "{none:?}");
}

#[test]
fn credentials_are_exported_in_the_forms_of_shells() {
    let home = home(
        "[profile chain]\ncredential_process = cat p.json\n[profile self]\n",
        "[default]\naws_access_key_id = A\naws_secret_access_key = b/+\naws_session_token = t\n",
    );
    fs::write(home.path().join("p.json"), r#"{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-02T03:04:05Z"}"#).unwrap();
    for (args, expected) in [
        (
            "",
            "{\n  \"Version\": 1,\n  \"AccessKeyId\": \"A\",\n  \"SecretAccessKey\": \"b/+\",\n  \"SessionToken\": \"t\"\n}\n",
        ),
        (
            "--format env",
            "export AWS_ACCESS_KEY_ID=A\nexport AWS_SECRET_ACCESS_KEY=b/+\nexport AWS_SESSION_TOKEN=t\n",
        ),
        (
            "--format fish",
            "set -gx AWS_ACCESS_KEY_ID \"A\"\nset -gx AWS_SECRET_ACCESS_KEY \"b/+\"\nset -gx AWS_SESSION_TOKEN \"t\"\n",
        ),
        (
            "--format env-no-export --profile chain",
            "AWS_ACCESS_KEY_ID=P\nAWS_SECRET_ACCESS_KEY=s\nAWS_SESSION_TOKEN=t\nAWS_CREDENTIAL_EXPIRATION=2099-01-02T03:04:05+00:00\n",
        ),
    ] {
        let run = configure(home.path(), &format!("export-credentials {args}"), "");
        assert_eq!(run.out, expected, "{args}: {run:?}");
    }
    for (args, code) in [
        ("--profile self", 253),
        ("--profile none", 253),
        ("--format x", 252),
    ] {
        assert_eq!(
            configure(home.path(), &format!("export-credentials {args}"), "").code,
            code,
            "{args}"
        );
    }
    // a process that exports the profile that runs it
    let program = env!("CARGO_BIN_EXE_tucuxi");
    let config = format!(
        "[profile a]\ncredential_process = {program} configure export-credentials --profile b\n[profile b]\ncredential_process = {program} configure export-credentials --profile a\n"
    );
    fs::write(home.path().join(".aws/config"), config).unwrap();
    let circle = configure(home.path(), "export-credentials --profile a", "");
    assert_eq!(circle.code, 253);
    assert!(circle.error.contains("a -> b -> a"), "{circle:?}");
}

#[test]
fn keys_of_the_console_are_imported() {
    let home = home("", "[ann]\naws_access_key_id = OLD\nother = kept\n");
    let csv = "User name,Access key ID,Secret access key\nann,AKIDANN,s1\nbob,AKIDBOB,s2\ncat,,\n";
    fs::write(home.path().join("k.csv"), csv).unwrap();
    let failed = configure(home.path(), "import --csv file://k.csv", "");
    assert_eq!(failed.code, 255);
    assert!(
        failed.error.contains("row 3 has no \"Access Key ID\""),
        "{failed:?}"
    );
    assert!(
        file(home.path(), "credentials").contains("OLD"),
        "nothing is imported"
    );
    let done = configure(
        home.path(),
        "import --csv file://k.csv --skip-invalid --profile-prefix p-",
        "",
    );
    assert_eq!(done.out, "Successfully imported 2 profile(s)\n");
    assert!(file(home.path(), "credentials").ends_with("[p-ann]\naws_access_key_id = AKIDANN\naws_secret_access_key = s1\n[p-bob]\naws_access_key_id = AKIDBOB\naws_secret_access_key = s2\n"));
    assert_eq!(
        configure(home.path(), "import --csv file://none", "").code,
        252
    );
}

#[test]
fn a_code_of_a_device_is_exchanged_for_credentials() {
    let server = Server::start(|asked| {
        let is_wrong = asked.body.contains("TokenCode=999999");
        let body = match is_wrong {
            true => {
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>wrong code</Message></Error></ErrorResponse>"
            }
            false => {
                "<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIAMFA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                <SessionToken>t</SessionToken><Expiration>2030-01-02T03:04:05.678Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>"
            }
        };
        Some((if is_wrong { 403 } else { 200 }, body.to_owned()))
    });
    let keys =
        "[default]\nregion = r\naws_access_key_id = AKID1234\naws_secret_access_key = hidden99\n";
    let home = home(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\n",
        keys,
    );
    let login = |args: &str, stdin: &str| {
        let args: Vec<&str> = ["configure", "mfa-login"]
            .into_iter()
            .chain(args.split_whitespace())
            .collect();
        run(
            command(home.path(), &args).env("AWS_ENDPOINT_URL", &server.url),
            stdin,
        )
    };
    let done = login("", "123456\n\n");
    assert_eq!(
        done.out,
        "MFA token code: Profile to update [123456789012-ann]: Temporary credentials written to profile '123456789012-ann'\n\
        Credentials will expire at 2030-01-02 03:04:05 UTC\nTo use these credentials, specify --profile 123456789012-ann when running AWS CLI commands\n",
        "{done:?}"
    );
    let saved = "[123456789012-ann]\naws_access_key_id = ASIAMFA\naws_secret_access_key = s\naws_session_token = t\n";
    assert!(file(home.path(), "credentials").ends_with(saved));
    let asked = server.asked();
    assert!(asked[0].body.contains("DurationSeconds=43200"), "{asked:?}");
    assert!(
        asked[0]
            .header("authorization")
            .unwrap()
            .contains("AKID1234")
    );
    let other = login(
        "--serial-number GAHT12345678 --update-profile up --duration-seconds 900",
        "123456\n",
    );
    assert!(
        other.code == 0 && file(home.path(), "credentials").contains("\n[up]\n"),
        "{other:?}"
    );
    // without keys, a person enters them
    let asked = login("--profile none2", "");
    assert_eq!(asked.code, 255, "{asked:?}");
    for (args, stdin, code) in [
        ("", "999999\n\n", 1),
        ("", "\n", 1),
        ("", "", 255),
        ("--duration-seconds x", "", 252),
    ] {
        let failed = login(args, stdin);
        assert_eq!(failed.code, code, "{args}: {failed:?}");
    }
}

#[test]
fn an_added_model_can_be_called() {
    let home = home("", "");
    let model = r#"{"version": "2.0", "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "tower", "protocol": "json", "jsonVersion": "1.1", "serviceFullName": "Tower", "serviceId": "Tower", "signatureVersion": "v4", "targetPrefix": "Tower", "uid": "tower-2020"},
        "operations": {"Build": {"name": "Build", "http": {"method": "POST", "requestUri": "/"}}}, "shapes": {}}"#;
    fs::write(home.path().join("m.json"), model).unwrap();
    let added = configure(home.path(), "add-model --service-model file://m.json", "");
    assert_eq!(added.code, 0, "{added:?}");
    let path = home
        .path()
        .join(".aws/models/tower/2020-01-01/service-2.json");
    assert_eq!(fs::read_to_string(path).unwrap(), model);
    let page = run(&mut command(home.path(), &["tower", "help"]), "");
    assert!(page.out.contains("build"), "{page:?}");
    // an endpoint prefix that belongs to a service
    fs::write(
        home.path().join("m.json"),
        model.replace("\"tower\"", "\"monitoring\""),
    )
    .unwrap();
    assert_eq!(
        configure(home.path(), "add-model --service-model file://m.json", "").code,
        0
    );
    assert!(
        home.path()
            .join(".aws/models/cloudwatch/2020-01-01")
            .exists()
    );
    for (args, code) in [
        ("--service-model {}", 255),
        ("--service-model x", 255),
        ("--service-model file://m.json --service-name ../x", 252),
    ] {
        assert_eq!(
            configure(home.path(), &format!("add-model {args}"), "").code,
            code,
            "{args}"
        );
    }
}
