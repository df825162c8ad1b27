//! The key pair of one run, with which all sites sign.

use std::{sync::Arc, thread};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{SeedableRng as _, rngs::StdRng};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use rsa::{PrivateKey, pkcs1::EncodeRsaPrivateKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::{ambient::Ambient, model::hex};

const BITS: usize = 2048;

/// Signs with RS256.
pub(in crate::emulator::data) struct Signer {
    pair: KeyPair,
    kid: String,
    /// The encoded header of all tokens, with the dot after it.
    head: String,
}

/// A signer whose key pair is generated in the background, because that is slow.
#[derive(Clone)]
pub(in crate::emulator::data) struct Keyring(watch::Receiver<Option<Arc<Signer>>>);

impl Keyring {
    /// Starts to generate a key pair, in a separate thread.
    pub(in crate::emulator::data) fn generate(ambient: Arc<dyn Ambient>) -> Self {
        let (sender, receiver) = watch::channel(None);
        thread::spawn(move || sender.send(Some(Arc::new(Signer::generate(&*ambient)))));
        Self(receiver)
    }

    /// Waits for the signer and returns it.
    pub(in crate::emulator::data) async fn signer(&self) -> Arc<Signer> {
        if let Some(signer) = &*self.0.borrow() {
            return Arc::clone(signer);
        }
        let mut receiver = self.0.clone();
        let made = receiver.wait_for(Option::is_some).await.expect("making a key pair does not fail");
        Arc::clone(made.as_ref().expect("it was waited for"))
    }
}

impl Signer {
    fn generate(ambient: &dyn Ambient) -> Self {
        let mut chance = StdRng::from_seed(seed(ambient));
        let key = PrivateKey::new(&mut chance, BITS).expect("there are prime numbers enough");
        let der = key.to_pkcs1_der().expect("a fresh key has an encoding");
        let pair = KeyPair::from_der(der.as_bytes()).expect("a fresh key is fit to sign");
        let kid = thumbprint(pair.public_key().as_ref());
        let head = json!({"alg": "RS256", "kid": kid, "typ": "JWT"}).to_string();
        let head = format!("{}.", BASE64_URL_SAFE_NO_PAD.encode(head));
        Self { pair, kid, head }
    }

    /// Returns the id of the key.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs a token with these claims.
    pub(in crate::emulator::data) fn sign(&self, claims: &Value) -> String {
        let mut token = self.head.clone();
        BASE64_URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .expect("the signature has the length of the key");
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// Whether the signature of the message was made with this key pair.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        key.verify(message, signature).is_ok()
    }

    /// Returns the public key as a JSON Web Key Set.
    pub(in crate::emulator::data) fn key_set(&self) -> Value {
        let components = PublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        let [n, e] = [components.n, components.e].map(|number| BASE64_URL_SAFE_NO_PAD.encode(number));
        json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e}]})
    }

    /// Returns the public key in DER, for tests that misuse it.
    #[cfg(test)]
    pub(in crate::emulator::data) fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }
}

/// Three unguessable ids contain more randomness than the seed can hold.
fn seed(ambient: &dyn Ambient) -> [u8; 32] {
    let ids = [(); 3].map(|()| *ambient.unguessable().as_bytes());
    Sha256::digest(ids.as_flattened()).into()
}

/// Returns 40 digits, in the form of a certificate's thumbprint.
fn thumbprint(public: &[u8]) -> String {
    hex(&Sha256::digest(public)[..20]).to_ascii_uppercase()
}
