// Asks the browser for passkeys: what this node's options say, and what the browser answered, as JSON.

const packed = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const unpacked = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

const listed = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: unpacked(each.id) }));

const answered = (passkey, response) => ({
  id: passkey.id,
  rawId: packed(passkey.rawId),
  type: passkey.type,
  response: { clientDataJSON: packed(passkey.response.clientDataJSON), ...response },
});

export const known = () => Boolean(window.PublicKeyCredential);

export async function made(options) {
  const publicKey = {
    ...options,
    challenge: unpacked(options.challenge),
    user: { ...options.user, id: unpacked(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  };
  const passkey = await navigator.credentials.create({ publicKey });
  return answered(passkey, { attestationObject: packed(passkey.response.attestationObject) });
}

export async function shown(options) {
  const allowCredentials = listed(options.allowCredentials);
  const publicKey = { ...options, challenge: unpacked(options.challenge), allowCredentials };
  const passkey = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = passkey.response;
  return answered(passkey, {
    authenticatorData: packed(authenticatorData),
    signature: packed(signature),
    ...(userHandle ? { userHandle: packed(userHandle) } : {}),
  });
}
