// An identity provider for the tests of city/: oidc-provider, certified by the OpenID Foundation, with invented officers.
//
// Takes one JSON argument: port (0: any), redirect and signedOut (addresses of the city), alg, plain (scope claims in the ID
// token, too), tls (key and cert, PEM files), accounts (their claims). Makes a new key at every start. Listens on loopback only,
// says when it is ready, and ends with its parent's SIGTERM.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import Provider from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);
const made = asked.alg.startsWith('ES')
  ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  : generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...made.privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: asked.alg };

const server = asked.tls
  ? https.createServer({ key: readFileSync(asked.tls.key), cert: readFileSync(asked.tls.cert) })
  : http.createServer();

server.listen(asked.port, '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = `${asked.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'ubugoe',
      client_secret: 'a secret: with / odd + characters %',
      redirect_uris: [asked.redirect],
      post_logout_redirect_uris: [asked.signedOut],
      id_token_signed_response_alg: asked.alg,
    }],
    jwks: { keys: [key] },
    cookies: { keys: [randomUUID()] },
    claims: { openid: ['sub'], profile: ['name'], ubugoe: ['groups', 'towns'] },
    conformIdTokenClaims: !asked.plain,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, id) => asked.accounts[id] && {
      accountId: id,
      claims: () => ({ sub: id, ...asked.accounts[id] }),
    },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ event: 'ready', issuer }));
});
process.on('SIGTERM', () => process.exit(0));
