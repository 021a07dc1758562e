/**
 * What may never be told: secrets that this process knows, by their values, and whatever looks like one. It stands before
 * the log, before the messages of failures and before the refusals of requests; what agents put out is theirs and stays.
 *
 * The values are the process's and not an app's: a secret of one app is no less a secret in the log of another.
 */

export const REDACTED = '[redacted]';

/** Shorter ones would take ordinary words out of every text. */
export const MIN_SECRET_LENGTH = 8;

/** Keys and tokens that say by their form what they are. Every part is bounded, so that no text takes long. */
const SHAPES = new RegExp([
  // Of OpenAI, Anthropic, Stripe, Groq and xAI; also with a part starred out, as providers tell them.
  String.raw`\b(?:sk|pk|rk|gsk|xai)[-_][-\w*.]{8,}`,
  String.raw`\bAIza[-\w*.]{8,}`,
  // Ours: keys that admins add, and tickets.
  String.raw`\b(?:stc|tkt)_[-\w]{8,}`,
  // Of webhooks, of GitHub, GitLab, Slack, Hugging Face, npm and AWS.
  String.raw`\bwhsec_[-\w+/=]{8,}`,
  String.raw`\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[-\w]{16,}|\bxox[a-z]-[-\w]{10,}|\bhf_\w{20,}|\bnpm_\w{30,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
  // JSON Web Tokens.
  String.raw`\beyJ[-\w]{6,400}\.[-\w]{6,4000}\.[-\w]*`,
  String.raw`-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,10000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?`,
].join('|'), 'g');

/** What stands behind a name that says so. A digit is in every token, and in no word of a sentence. */
const NAMED = new RegExp([
  String.raw`\b(bearer|basic)(\s+)(?=[-\w.~+/]{0,400}\d)[-\w.~+/]{8,}=*`,
  String.raw`\b(ticket|(?:access|refresh|id|auth)?_?token|(?:x-)?api[-_]?key|(?:client|webhook)?_?secret|password|passwd|signature)(=|\\?["']\s{0,4}:\s{0,4}\\?["'])[^\s"'&,;\\<]{4,}`,
  String.raw`\b(x-api-key|cookie)(:\s{0,4})[^\s"'&,;\\<]{4,}`,
].join('|'), 'gi');

/** The user and password of a URL. */
const USER_INFO = /:\/\/[^\s/@"'\\]{0,200}@/g;

/** How often each value was given: apps that come and go in one process may share one. */
const known = new Map<string, number>();
let values: RegExp | undefined;

/** Makes `secrets` known; answers a function that forgets them. Those below 8 characters are passed by. */
export function guardSecrets(secrets: Iterable<string>): () => void {
  const forms = [...secrets].filter((secret) => secret.length >= MIN_SECRET_LENGTH).flatMap(formsOf);
  for (const form of forms) known.set(form, (known.get(form) ?? 0) + 1);
  values = undefined;
  let forgotten = false;
  return () => {
    if (forgotten) return;
    forgotten = true;
    for (const form of forms) {
      const left = (known.get(form) ?? 0) - 1;
      if (left > 0) known.set(form, left);
      else known.delete(form);
    }
    values = undefined;
  };
}

/** The text without the secrets in it. */
export function redact(text: string): string {
  if (text.length < MIN_SECRET_LENGTH) return text;
  values ??= valuesOf(known.keys());
  return text.replace(values, REDACTED).replace(SHAPES, REDACTED).replace(NAMED, named).replace(USER_INFO, `://${REDACTED}@`);
}

/** As it is, as it stands in JSON and as it stands in a URL. */
function formsOf(secret: string): string[] {
  const forms = [secret, JSON.stringify(secret).slice(1, -1)];
  if (secret.isWellFormed()) forms.push(encodeURIComponent(secret));
  return [...new Set(forms)];
}

/** The longest first: of a secret that begins with another nothing is left. */
function valuesOf(secrets: Iterable<string>): RegExp {
  const sorted = [...secrets].sort((a, b) => b.length - a.length);
  return sorted.length ? new RegExp(sorted.map((secret) => secret.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g') : /(?!)/g;
}

function named(_match: string, ...groups: (string | undefined)[]): string {
  const [scheme, space, name, equals, header, colon] = groups;
  return `${scheme ?? name ?? header}${space ?? equals ?? colon}${REDACTED}`;
}

const SECRET_NAME = /(?:key|secret|token|password|passphrase)s?$/i;
const MAX_DEPTH = 8;

/** The texts in options that are secrets by the name of their member, however deep. */
export function secretsOf(options: unknown, name = '', depth = 0): string[] {
  if (typeof options === 'string') return SECRET_NAME.test(name) ? [options] : [];
  if (options === null || typeof options !== 'object' || depth > MAX_DEPTH) return [];
  if (Array.isArray(options)) return options.flatMap((item) => secretsOf(item, name, depth + 1));
  // What is no bag of options, such as a journal that an app gives, is not looked into.
  const { constructor } = options;
  if (typeof constructor === 'function' && constructor !== Object && !constructor.name.endsWith('Options')) return [];
  return Object.entries(options).flatMap(([key, value]) => secretsOf(value, key, depth + 1));
}
