// A signing service for the tests of city/: shaped like the API of the Digital Agency's authentication app, on oidc-provider.
//
// Takes one JSON argument: redirect (the city's address), client (id, and its public key as PEM), opens (the city's other public
// key, PEM: results are sealed to it), people (by login: key and cert, PEM files, and a fault). Signs with the people's own
// RSA keys, over the digest it was given. Faults: other (signs another digest), nothing (has no result), broken (is away when
// the result is fetched), plain (does not seal). Listens on loopback only, says when it is ready, ends with SIGTERM.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, privateEncrypt, constants, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { CompactEncrypt, exportJWK } from 'jose';
import Provider from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'ES256' };
const clientKey = { ...(await exportJWK(createPublicKey(asked.client.key))), use: 'sig', alg: 'ES256' };
const opens = createPublicKey(asked.opens);
const transactions = new Map();
let begun = 0;

// DigestInfo of SHA-256 (RFC 8017, 9.2): what a card puts before the digest
const INFO = Buffer.from('30 31 30 0d 06 09 60 86 48 01 65 03 04 02 01 05 00 04 20'.replaceAll(' ', ''), 'hex');
function sign(pem, digest) {
  const key = { key: createPrivateKey(pem), padding: constants.RSA_PKCS1_PADDING };
  return privateEncrypt(key, Buffer.concat([INFO, digest]));
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: asked.client.id,
      redirect_uris: [asked.redirect],
      grant_types: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      jwks: { keys: [clientKey] },
      scope: 'openid sign',
    }],
    scopes: ['openid', 'sign'],
    jwks: { keys: [key] },
    cookies: { keys: [randomUUID()] },
    claims: { openid: ['sub', 'name', 'address'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    extraParams: ['sign_transaction_id'],
    features: { devInteractions: { enabled: true }, clientCredentials: { enabled: true } },
    // more than the city asks for: none of it may be kept
    findAccount: (_, id) => asked.people[id] && {
      accountId: id,
      claims: () => ({ sub: `ppid-${id}`, name: asked.people[id].name, address: { formatted: asked.people[id].address } }),
    },
  });
  provider.on('authorization.success', (ctx) => {
    const transaction = transactions.get(ctx.oidc.params.sign_transaction_id);
    if (transaction) transaction.by = ctx.oidc.session.accountId;
  });
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/api/sign-transactions')) return next();
    const bearer = (ctx.get('authorization').match(/^Bearer (.+)$/) ?? [])[1] ?? '';
    if (ctx.method === 'POST' && ctx.path === '/api/sign-transactions') {
      const token = await provider.ClientCredentials.find(bearer);
      if (!token || token.scope !== 'sign') return void (ctx.status = 401);
      const digest = Buffer.from((await body(ctx.req)).digest ?? '', 'base64');
      if (digest.length !== 32) return void (ctx.status = 400);
      const id = randomUUID();
      transactions.set(id, { digest });
      begun += 1;
      console.log(JSON.stringify({ event: 'begun', count: begun }));
      ctx.status = 201;
      ctx.body = { sign_transaction_id: id };
      return;
    }
    const id = (ctx.path.match(/^\/api\/sign-transactions\/([^/]+)\/result$/) ?? [])[1];
    const token = await provider.AccessToken.find(bearer);
    if (!token || !token.scope.split(' ').includes('sign')) return void (ctx.status = 401);
    const transaction = transactions.get(id);
    if (!transaction || transaction.by !== token.accountId) return void (ctx.status = 404);
    const person = asked.people[token.accountId];
    if (person.fault === 'nothing') return void (ctx.status = 404);
    if (person.fault === 'broken') return void (ctx.status = 503);
    const digest = person.fault === 'other' ? createHash('sha256').update('something else').digest() : transaction.digest;
    const result = JSON.stringify({
      signature: sign(readFileSync(person.key), digest).toString('base64'),
      certificate: new X509Certificate(readFileSync(person.cert)).raw.toString('base64'),
    });
    if (person.fault === 'plain') return void (ctx.body = result);
    ctx.type = 'application/jose';
    ctx.body = await new CompactEncrypt(Buffer.from(result)).setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }).encrypt(opens);
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ event: 'ready', issuer }));
});
process.on('SIGTERM', () => process.exit(0));
