/** A certificate of its own authority for names that are the test's, made when it is needed: none is kept that would expire. */
import { generateKeyPairSync, sign } from 'node:crypto';

const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const bits = (body: Buffer) => tlv(0x03, Buffer.from([0]), body);
const time = (ms: number) => tlv(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\..*/g, '')}Z`));

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const DAY = 86_400_000;

export function certificateFor(...names: string[]): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from('stepcast test')))));
  const alternative = sequence(oid('551d11'), tlv(0x04, sequence(...names.map((name) => tlv(0x82, Buffer.from(name))))));
  const authority = sequence(oid('551d13'), tlv(0x01, Buffer.from([255])), tlv(0x04, sequence(tlv(0x01, Buffer.from([255])))));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), tlv(0x02, Buffer.from([1])), ECDSA_SHA256, subject, sequence(time(Date.now() - DAY), time(Date.now() + DAY)), subject,
    publicKey.export({ type: 'spki', format: 'der' }), tlv(0xa3, sequence(authority, alternative)),
  );
  const der = sequence(body, ECDSA_SHA256, bits(sign('sha256', body, privateKey)));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}
