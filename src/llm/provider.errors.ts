/**
 * Failures of models as Stepcast tells them: one of a few codes, whether the same call may succeed later, and when. Errors of
 * the AI SDK are told apart by their names, which are part of its interface: a check of their class would load the SDK.
 */
import { type ErrorCode, StepcastError } from '../contract/errors.js';
import { MIN_SECRET_LENGTH, REDACTED, redact } from '../redaction/redact.js';
import { retryAfterSeconds } from './retry.after.js';
import { detailsOf } from './told.details.js';

export interface FailedCall {
  /** `provider/model` */
  model: string;
  /** Name of the variable that holds the provider's key. */
  keyName?: string;
  /** What no message may repeat. */
  secrets?: readonly string[];
}

/** What is known of a failure, from the error of an HTTP answer, of an event in the stream, or of the network. */
interface Symptoms {
  status: number | undefined;
  /** The provider's own code and type, in small letters. */
  label: string;
  /** The provider's own words. */
  message: string;
  /** All that was answered. */
  body: string;
  headers: Record<string, string | undefined> | undefined;
  isRetryable: boolean | undefined;
}

interface Diagnosis {
  code: ErrorCode;
  /** What is wrong, after the name of the model. */
  what: string;
  /** What helps. */
  remedy?: string;
  retryable?: boolean;
}

const MAX_WORDS = 500;
const TRY_LATER = 'try later, or put the step into a retry';

const CONTEXT = /context[_ ](?:length|window|size)|context limit|maximum context|prompt is too long|request_too_large|input is too long|too many (?:input )?tokens|(?:input )?token count.*exceeds/;
const FILTER = /content[_ ](?:filter|policy)|content management policy|responsibleai|safety (?:system|filter|settings)|prohibited[_ ]content|invalid_prompt|usage polic/;
const ACCOUNT = /insufficient_quota|billing|credit balance|current quota/;
const KEY_REFUSED = /api[_ ]key|authentication|unauthorized|permission/;
const LIMIT = /rate[_ ]limit|too many requests|resource_exhausted/;
const OVERLOAD = /overload|unavailable|timed? ?out|server[_ ]error|\bapi_error\b|high demand|econn|epipe|enotfound|eai_again|und_err|socket|terminated|fetch failed|cannot connect|network/;

const FILTERED: Diagnosis = { code: 'content_filter', what: 'has refused the content', remedy: 'word the prompt differently', retryable: false };

/** Messages whose reason lies in their cause. */
const SAYS_NOTHING = /^(?:fetch failed|failed to fetch|failed to process successful response)$/i;

/** The answer cannot be read: another try may well bring a good one. */
const MALFORMED = new Set(['AI_JSONParseError', 'AI_TypeValidationError', 'AI_InvalidResponseDataError', 'AI_EmptyResponseBodyError']);
/** The call is wrong, and stays so. */
const UNFIT = new Set(['AI_InvalidPromptError', 'AI_InvalidArgumentError', 'AI_UnsupportedFunctionalityError', 'AI_NoSuchModelError', 'AI_UnsupportedModelVersionError', 'AI_DownloadError', 'AI_InvalidDataContentError', 'AI_MessageConversionError']);

/** Whatever calling a model has thrown, or its stream has told. Carries no cause: errors of the SDK hold the whole request. */
export function modelFailure(error: unknown, call: FailedCall): StepcastError {
  // The SDK wraps what is thrown while it reads an answer.
  const own = [error, (error as { cause?: unknown } | null | undefined)?.cause].find((each) => each instanceof StepcastError);
  if (own) return own;
  const symptoms = symptomsOf(error);
  const { code, what, remedy, retryable } = diagnose(error, symptoms, call);
  const words = withoutSecrets(symptoms.message, call.secrets).trim().slice(0, MAX_WORDS);
  const message = `the model "${call.model}" ${what}${words === '' ? '' : `: ${words}`}${remedy === undefined ? '' : ` (${remedy})`}`;
  const after = retryable === false ? undefined : retryAfterSeconds(symptoms.headers, symptoms.body);
  return new StepcastError(code, message, { ...(retryable === undefined ? {} : { retryable }), ...(after === undefined ? {} : { retryAfterSeconds: after }) });
}

/** A stream that ended, or fell silent, before the answer did. */
export function cutOff(model: string, how: string, remedy = TRY_LATER): StepcastError {
  return new StepcastError('overloaded', `the model "${model}" ${how} (${remedy})`, { retryable: true });
}

function diagnose(error: unknown, { status, label, message, isRetryable }: Symptoms, { keyName }: FailedCall): Diagnosis {
  const words = `${label} ${message.toLowerCase()}`;
  // Its stream ended before it said anything.
  if (nameOf(error) === 'AI_NoOutputGeneratedError') return { code: 'overloaded', what: 'has ended its stream without an answer', remedy: TRY_LATER, retryable: true };
  if (isUnfinished(error)) return { code: 'overloaded', what: 'has ended its stream before its answer', remedy: 'put the step into a retry; where it stays so, see whether the base URL leads to an API that streams', retryable: true };
  const key = keyName ?? 'its key, whose variable stands after | in LLM_PROVIDERS';
  if (isMalformed(error, status)) return { code: 'model_failed', what: 'has answered what cannot be read', remedy: 'put the step into a retry; where it stays so, see whether the base URL leads to an API that streams', retryable: true };
  if (UNFIT.has(nameOf(error))) return { code: 'model_failed', what: 'cannot be called so', retryable: false };
  // Google says the same words of a limit that is over in a minute: only the code of OpenAI is certain.
  const isSpent = words.includes('insufficient_quota');
  if (status === 429 || (status === undefined && (isSpent || LIMIT.test(words)))) {
    if (isSpent) return { code: 'rate_limited', what: 'has no quota left', remedy: `see to the account of ${key}`, retryable: false };
    return { code: 'rate_limited', what: 'is over its rate limit', remedy: TRY_LATER, retryable: true };
  }
  // A code says it whatever the status, which of an event in the stream is a guess of the SDK.
  if (FILTER.test(label)) return FILTERED;
  if (isRefusal(status)) {
    if (status === 413 || CONTEXT.test(words)) return { code: 'context_length', what: 'was given more than it can take in', remedy: 'give it less', retryable: false };
    if (FILTER.test(words)) return FILTERED;
    if (ACCOUNT.test(words) || status === 402) return { code: 'auth', what: 'cannot be called with this account', remedy: `see to the account of ${key}`, retryable: false };
  }
  if (status === 401 || status === 403 || (isRefusal(status) && status !== 404 && KEY_REFUSED.test(words)) || nameOf(error) === 'AI_LoadAPIKeyError') {
    return { code: 'auth', what: 'has refused the key', remedy: `check ${key}`, retryable: false };
  }
  if (status === 404) return { code: 'model_failed', what: 'is not known to its provider', remedy: 'check its name and the base URL', retryable: false };
  if (isBusy(status) || isLost(status, words)) return { code: 'overloaded', what: 'cannot be reached, or is overloaded', remedy: TRY_LATER, retryable: true };
  if (status !== undefined && status >= 400) return { code: 'model_failed', what: `has refused the call with status ${status}`, retryable: false };
  return { code: 'model_failed', what: 'has failed', ...(isRetryable === undefined ? {} : { retryable: isRetryable }) };
}

/** Answers that blame the request; streams tell the same without a status. */
function isRefusal(status: number | undefined): boolean {
  return status === undefined || (status >= 400 && status < 500 && status !== 429);
}

function isBusy(status: number | undefined): boolean {
  return status !== undefined && (status === 408 || status === 409 || status === 425 || status >= 500);
}

/** The connection broke: before the answer, or in the middle of one that had begun well. */
function isLost(status: number | undefined, words: string): boolean {
  return (status === undefined || status < 400) && OVERLOAD.test(words);
}

/** The stream ended before it said why: the client of Chat Completions tells that as data which cannot be read. */
function isUnfinished(error: unknown): boolean {
  return nameOf(error) === 'AI_InvalidResponseDataError' && /stream ended without a finish reason/i.test(asText((error as { message?: unknown }).message));
}

/** Of an answer that reports success: what else cannot be read, such as the page of a proxy, says enough by its status. */
function isMalformed(error: unknown, status = 200): boolean {
  return status < 400 && (MALFORMED.has(nameOf(error)) || MALFORMED.has(nameOf((error as { cause?: unknown } | null | undefined)?.cause)));
}

function symptomsOf(error: unknown): Symptoms {
  const told = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Partial<Record<'message' | 'statusCode' | 'type' | 'code' | 'data' | 'responseBody' | 'responseHeaders' | 'isRetryable' | 'cause', unknown>>;
  const body = typeof told.responseBody === 'string' ? told.responseBody : asText(told.data);
  const inner = detailsOf(told);
  const labels = [told.type, told.code, inner['type'], inner['code'], inner['status'], codesOf(told.cause)];
  const message = told.data === undefined && typeof inner['message'] === 'string' ? inner['message'] : wordsOf(told.message, error);
  return {
    status: typeof told.statusCode === 'number' ? told.statusCode : undefined,
    label: labels.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ').toLowerCase(),
    message: MALFORMED.has(nameOf(error)) ? '' : message,
    body: body || message,
    headers: told.responseHeaders as Symptoms['headers'],
    isRetryable: typeof told.isRetryable === 'boolean' ? told.isRetryable : undefined,
  };
}

function wordsOf(message: unknown, error: unknown): string {
  if (typeof message !== 'string') return '';
  return SAYS_NOTHING.test(message) ? `${message}: ${innermost(error)}` : message;
}

/** Codes and words of what lies below, such as that of a socket. */
function codesOf(cause: unknown): string {
  const words: string[] = [];
  for (let at = cause as { code?: unknown; message?: unknown; cause?: unknown } | null | undefined, depth = 0; at && typeof at === 'object' && depth < 5; at = at.cause as typeof at, depth++) {
    words.push(asText(at.code), asText(at.message));
  }
  return words.join(' ');
}

/** The message of what lies at the bottom of an error. */
function innermost(error: unknown): string {
  let at = error as { message?: unknown; cause?: unknown };
  for (let depth = 0; depth < 5 && typeof at.cause === 'object' && at.cause !== null; depth++) at = at.cause;
  return asText(at.message);
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function nameOf(error: unknown): string {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : '';
}

/** A key that is as short as a word, as that of a server at home may be, is looked for as a word: its letters stand in others. */
function withoutSecrets(text: string, secrets: readonly string[] = []): string {
  let redacted = text;
  for (const secret of secrets) if (secret !== '') redacted = redacted.replaceAll(secret.length < MIN_SECRET_LENGTH ? wordOf(secret) : secret, REDACTED);
  return redact(redacted);
}

function wordOf(secret: string): RegExp {
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)}(?![\p{L}\p{N}])`, 'gu');
}
