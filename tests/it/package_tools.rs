//! `codeartifact login`: the real binary, with tools that write down how they are called.

use serde_json::json;

use crate::procedures::run;
use crate::support::loopback::Server;

const PLACE: &str = "d-1.d.codeartifact.amazonaws.com/x/r/";

/// A service whose tokens have no end within sight.
fn server() -> Server {
    Server::start(|asked| {
        let result = match asked.line.contains("authorization-token") {
            true => json!({"authorizationToken": "tok", "expiration": 4_000_000_000_u64}),
            false => json!({"repositoryEndpoint": format!("https://{PLACE}")}),
        };
        Some((200, result.to_string()))
    })
}

#[test]
fn logins_of_package_tools_are_printed() {
    let server = server();
    let home = tempfile::tempdir().unwrap();
    let call = |tool: &str| {
        let line =
            format!("codeartifact login --domain dd --repository rr --dry-run --tool {tool}");
        run(home.path(), &server.url, &line)
    };
    let place = PLACE;
    for (tool, expected) in [
        (
            "pip",
            format!("pip config set global.index-url https://aws:tok@{place}simple/\n\n"),
        ),
        (
            "npm --namespace n",
            format!(
                "npm config set @n:registry https://{place}\n\nnpm config set //{place}:always-auth true\n\n"
            ),
        ),
        (
            "twine",
            format!(
                "Dryrun mode is enabled, not writing to pypirc.\n{}/.pypirc would have been set to the following:\n\n[distutils]\nindex-servers = \n\tpypi\n\tcodeartifact\n\n[codeartifact]\nrepository = https://{place}\nusername = aws\npassword = tok\n\n\n",
                home.path().display()
            ),
        ),
    ] {
        let run = call(tool);
        assert_eq!(run.out, expected, "{tool}: {}", run.err);
    }
    assert!(
        call("swift")
            .out
            .contains("machine d-1.d.codeartifact.amazonaws.com login token password tok\n")
    );
    let missing = call("dotnet");
    assert!(
        missing.code == 255 && missing.err.contains("dotnet was not found"),
        "{missing:?}"
    );
    assert_eq!(call("pip --namespace n").code, 255);
}

#[cfg(unix)]
mod real {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use crate::procedures::{Run, run_with};

    use serde_json::{Value, json};

    use crate::support::loopback::Server;

    use super::{PLACE, server};

    const LISTED: &str = "Registered Sources:\n  1.  mine [Enabled]\n      https://d-1.d.codeartifact.amazonaws.com/x/r/v3/index.json\n";

    /// A tool that writes down its arguments, and the sources that it lists.
    fn tool(home: &Path, name: &str, sources: &str, code: u8) {
        let folder = home.join("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let calls = home.join("calls").display().to_string();
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *list*) /bin/cat <<'END'\n{sources}END\nexit 0;; esac\necho {name} \"$@\" >> {calls}\necho oh tok >&2\nexit {code}\n"
        );
        let path = folder.join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn log_in(home: &Path, line: &str) -> Run {
        log_in_at(home, &server(), line)
    }

    fn log_in_at(home: &Path, server: &Server, line: &str) -> Run {
        let line = format!("codeartifact login --domain dd --repository rr --tool {line}");
        let path = format!("{}/bin", home.display());
        run_with(home, &server.url, &[("PATH", &path)], &line)
    }

    fn read(home: &Path, name: &str) -> String {
        std::fs::read_to_string(home.join(name)).unwrap_or_default()
    }

    #[test]
    fn tools_are_configured() {
        for (line, file, content, calls) in [
            (
                "pip",
                "",
                String::new(),
                format!("pip config set global.index-url https://aws:tok@{PLACE}simple/\n"),
            ),
            (
                "npm --namespace n",
                ".npmrc",
                format!("//{PLACE}:_authToken=tok\n"),
                format!(
                    "npm config set @n:registry https://{PLACE}\nnpm config set //{PLACE}:always-auth true\n"
                ),
            ),
            #[cfg(not(target_os = "macos"))]
            (
                "swift --namespace n",
                ".netrc",
                "machine d-1.d.codeartifact.amazonaws.com login token password tok\n".into(),
                format!(
                    "swift package-registry set https://{PLACE} --scope n\nswift package-registry login https://{PLACE}login\n"
                ),
            ),
            (
                "twine",
                ".pypirc",
                format!(
                    "[distutils]\nindex-servers = \n\tpypi\n\tcodeartifact\n\n[codeartifact]\nrepository = https://{PLACE}\nusername = aws\npassword = tok\n\n"
                ),
                String::new(),
            ),
            (
                "nuget",
                "",
                String::new(),
                format!(
                    "nuget sources update -name mine -source https://{PLACE}v3/index.json -username aws -password tok\n"
                ),
            ),
            (
                "dotnet",
                "",
                String::new(),
                format!(
                    "dotnet nuget update source mine --source https://{PLACE}v3/index.json --username aws --password tok --store-password-in-clear-text\n"
                ),
            ),
        ] {
            let home = tempfile::tempdir().unwrap();
            let home = home.path();
            let name = line.split(' ').next().unwrap();
            tool(home, name, LISTED, 0);
            let run = log_in(home, line);
            assert_eq!((run.code, &*run.err), (0, ""), "{line}");
            let shown = if name == "dotnet" { "nuget" } else { name };
            let text = format!(
                "Successfully configured {shown} to use AWS CodeArtifact repository https://{PLACE} \nLogin expires in "
            );
            assert!(
                run.out.contains(&text) && !run.out.contains("tok"),
                "{line}: {}",
                run.out
            );
            assert_eq!(read(home, "calls"), calls, "{line}");
            if !file.is_empty() {
                assert_eq!(read(home, file), content, "{line}");
                let mode = home.join(file).metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{line}");
            }
        }
    }

    /// A login against these responses changes nothing, and says why.
    #[test]
    fn a_login_that_cannot_end_changes_nothing() {
        let good = json!({"authorizationToken": "tok", "expiration": 4_000_000_000_u64});
        let place = json!({"repositoryEndpoint": format!("https://{PLACE}")});
        let changed = |value: &Value, member: &str, to: Value| {
            let mut value = value.clone();
            value[member] = to;
            value
        };
        let mut cases = Vec::new();
        for missing in [Value::Null, "".into()] {
            let token = changed(&good, "authorizationToken", missing.clone());
            cases.push((token, place.clone(), true, "no authorizationToken"));
            let place = changed(&place, "repositoryEndpoint", missing);
            cases.push((good.clone(), place, true, "no repositoryEndpoint"));
        }
        for end in [Value::Null, "soon".into()] {
            let token = changed(&good, "expiration", end);
            cases.push((token, place.clone(), true, "expiration"));
        }
        cases.push((good, place, false, "was not found"));
        let files = [".netrc", ".npmrc", ".pypirc"];
        for (token, place, has_tool, expected) in cases {
            let server = Server::start(move |asked| {
                let is_token = asked.line.contains("authorization-token");
                let result = if is_token { &token } else { &place };
                Some((200, result.to_string()))
            });
            for line in ["npm", "swift", "twine", "pip"] {
                if line == "twine" && !has_tool {
                    continue;
                }
                let home = tempfile::tempdir().unwrap();
                let home = home.path();
                if has_tool {
                    tool(home, line, "", 0);
                }
                for name in files {
                    std::fs::write(home.join(name), "[distutils]\nindex-servers =\n").unwrap();
                }
                let run = log_in_at(home, &server, line);
                assert_eq!((run.code, &*run.out), (255, ""), "{line} {expected}");
                assert!(run.err.contains(expected), "{line}: {}", run.err);
                for name in files {
                    let content = read(home, name);
                    assert_eq!(content, "[distutils]\nindex-servers =\n", "{line} {name}");
                }
                assert_eq!(read(home, "calls"), "", "{line} {expected}");
            }
        }
    }

    #[test]
    fn files_are_in_the_home_directory() {
        let server = server();
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        tool(home, "npm", "", 0);
        let path = format!("{}/bin", home.display());
        let profile = home.join("profile");
        std::fs::create_dir(&profile).unwrap();
        let profile = profile.to_str().unwrap();
        for (variables, file) in [
            (
                &[("HOME", ""), ("USERPROFILE", profile)][..],
                Some("profile/.npmrc"),
            ),
            (
                &[
                    ("HOME", ""),
                    ("USERPROFILE", profile),
                    ("NPM_CONFIG_USERCONFIG", "~/named"),
                ],
                Some("profile/named"),
            ),
            (&[("HOME", "")], None),
        ] {
            let variables = [variables, &[("PATH", &*path)]].concat();
            let line = "codeartifact login --domain dd --repository rr --tool npm";
            let run = run_with(home, &server.url, &variables, line);
            match file {
                Some(file) => assert!(read(home, file).contains("tok"), "{}", run.err),
                None => assert!(run.err.contains("HOME sets it"), "{}", run.err),
            }
            assert!(!home.join("~").exists());
        }
    }

    #[test]
    fn a_tool_that_fails_is_reported_without_the_token() {
        for line in ["pip", "npm", "swift", "nuget", "dotnet"] {
            let home = tempfile::tempdir().unwrap();
            tool(home.path(), line, "", 3);
            let run = log_in(home.path(), line);
            assert_eq!((run.code, &*run.out), (255, ""), "{line}");
            assert!(
                run.err.contains("exit status: 3: oh ******"),
                "{line}: {}",
                run.err
            );
            assert!(!run.err.contains("tok"), "{line}: {}", run.err);
        }
        let home = tempfile::tempdir().unwrap();
        let run = log_in(home.path(), "swift");
        assert!(run.err.contains("swift was not found"), "{}", run.err);
        std::fs::write(home.path().join(".pypirc"), "x").unwrap();
        let run = log_in(home.path(), "twine");
        assert!(
            run.code == 255 && run.err.contains(".pypirc: line 1"),
            "{}",
            run.err
        );
        assert_eq!(read(home.path(), ".pypirc"), "x");
    }
}
