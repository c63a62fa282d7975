//! Secrets that stand elsewhere: where some can't be had, one message names them all.

use grantspec::results::Exit;

use crate::common::stage::Stage;

#[test]
fn all_secrets_that_are_missing_are_named_at_once_and_those_that_are_there_are_not() {
    let stage = Stage::new();
    std::fs::write(stage.path("empty"), "\n").expect("the folder is writable");
    let file = stage.target(
        "https://bank.example",
        "[headers]
x-api-key = { env = 'KEYS_API_KEY' }
[users.alice]
password_env = 'KEYS_ALICE'
[users.bob]
password_file = 'nowhere'
[clients.server]
id = 'server-app'
secret_env = 'KEYS_SERVER'
redirect_uris = ['https://server.example/callback']
[clients.other]
id = 'other-app'
secret_file = 'empty'
redirect_uris = ['https://other.example/callback']
[login]
driver = 'form'
[[login.step]]
fill = { password = '{user.password}' }
[control]
disconnect = { url = '/disconnect', headers = { x-lab-key = { env = 'KEYS_LAB' } } }",
    );
    for command in [&["run", "--target", &file][..], &["target", "check", &file]] {
        let ended = stage.grantspec_with(&[("KEYS_ALICE", "hush")], command);
        assert_eq!(ended.code, Some(Exit::Usage as i32), "{ended}");
        for part in [
            "5 secrets",
            "the header x-api-key comes from the environment variable KEYS_API_KEY, which is not set",
            "the header x-lab-key of control.disconnect",
            "KEYS_LAB",
            "password of the user bob",
            "nowhere",
            "the secret of the client server",
            "KEYS_SERVER",
            "the secret of the client other",
            "empty",
        ] {
            assert!(ended.stderr.contains(part), "{part}\n{ended}");
        }
        assert!(!ended.stderr.contains("KEYS_ALICE") && !ended.stderr.contains("hush"), "{ended}");
    }
}
