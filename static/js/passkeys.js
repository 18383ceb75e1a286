// Passkeys and security keys: a form marked data-passkey asks the key and sends its answer.
// data-passkey: create (connect a key), get (one of the known keys), login (whoever the key says).

const decode = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readOptions({ publicKey }) {
  const known = (keys) => keys?.map((key) => ({ ...key, id: decode(key.id) }));
  return {
    ...publicKey,
    challenge: decode(publicKey.challenge),
    ...(publicKey.user && { user: { ...publicKey.user, id: decode(publicKey.user.id) } }),
    ...(publicKey.excludeCredentials && { excludeCredentials: known(publicKey.excludeCredentials) }),
    ...(publicKey.allowCredentials && { allowCredentials: known(publicKey.allowCredentials) }),
  };
}

function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = encode(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function ask(form) {
  if (form.dataset.passkey === "login") {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    const { request_options: options } = await answer.json();
    return navigator.credentials.get({ publicKey: readOptions(options) });
  }
  const options = JSON.parse(document.getElementById("passkey-options").textContent);
  const publicKey = readOptions(options);
  if (form.dataset.passkey === "get") return navigator.credentials.get({ publicKey });
  const alone = form.elements.passwordless?.checked ?? false;
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone && { userVerification: "required" }),
  };
  return navigator.credentials.create({ publicKey });
}

// A key is bound to a name: at a bare address such as 127.0.0.1 it cannot work.
const isPossible = window.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname);
for (const form of isPossible ? document.querySelectorAll("[data-passkey]") : []) {
  form.hidden = false;
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      form.elements.credential.value = writeCredential(await ask(form));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
