/**
 * What `LlmOptions` must be that an app gives in code: the same as in the environment. Whether a key is there at all is looked
 * at when a workflow asks for its model.
 */
import { type Fault, StepcastError } from '../contract/errors.js';
import { isObject } from '../contract/json.js';
import { limitsRule } from './limits/limits.check.js';
import { type LlmOptions } from './llm.options.js';
import { all, entries, members, must, type Rule, wholeNumber } from './members.js';
import { BUILT_IN_PROVIDERS, DEMO_MODEL, isBuiltIn, isProviderName, parseModelName } from './model.name.js';
import { isAllowedHost, isBaseUrl, isKey } from './option.values.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const KEY = must((key) => typeof key === 'string' && (key === '' || isKey(key)), 'must be a key, without blanks or a line break');
const URL_OF = must((url) => typeof url === 'string' && isBaseUrl(url), 'must be an http or https URL without a password and a query, such as http://localhost:11434/v1');
const PROVIDER = members({ apiKey: KEY, baseUrl: URL_OF });
const SERVER = all(PROVIDER, must((server) => !isObject(server) || server['baseUrl'] !== undefined, 'must have a baseUrl'));
const DOLLARS = must((price) => typeof price === 'number' && price >= 0 && price < Infinity, 'must be US dollars per million tokens, 0 or more');
const PRICE = all(
  members({ input: DOLLARS, output: DOLLARS, cachedInput: DOLLARS }),
  must((price) => !isObject(price) || (price['input'] !== undefined && price['output'] !== undefined), 'must have input and output'),
);

/** Faults with paths from the options; empty where there are none. */
export function faultsOfLlm(options: LlmOptions): Fault[] {
  const servers = isObject(options.compatible) ? Object.keys(options.compatible) : [];
  const knows = (provider: string): boolean => isBuiltIn(provider) || servers.includes(provider);
  const known = [...BUILT_IN_PROVIDERS, ...servers].join(', ');
  const rules: Record<keyof LlmOptions, Rule> = {
    defaultModel: modelRule(knows, known),
    embeddingModel: modelRule(knows, known),
    openai: PROVIDER, anthropic: PROVIDER, google: PROVIDER,
    compatible: entries((name) => (isProviderName(name) && !isBuiltIn(name) ? SERVER : must(() => false, isBuiltIn(name) ? 'has the name of a provider that is built in; give the server another one' : 'has a name that is not of small letters, digits, - and _'))),
    prices: entries((model) => (parseModelName(model) ? PRICE : must(() => false, 'is for what is no provider/model'))),
    limits: limitsRule(knows),
    idleTimeoutMs: wholeNumber(10, DAY_MS),
    httpAllowedHosts: (hosts, path) => (Array.isArray(hosts) ? hosts.flatMap((host, i) => HOST(host, `${path}/${i}`)) : [{ path, message: 'must be a list of hosts' }]),
  };
  return members(rules)(options, '');
}

/** Answers the options as they are. @throws StepcastError `invalid_input` with every fault. */
export function validLlm(options: LlmOptions): LlmOptions {
  const faults = faultsOfLlm(options).map(({ path, message }) => ({ path: `/llm${path}`, message }));
  if (faults.length === 0) return options;
  throw new StepcastError('invalid_input', `the options of StreamingModule are not valid: ${faults.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')}`, { faults });
}

const HOST = must((host) => typeof host === 'string' && isAllowedHost(host), 'must be a host such as localhost:8080 or intranet.example');

function modelRule(knows: (provider: string) => boolean, known: string): Rule {
  return (name, path) => {
    const model = typeof name === 'string' ? parseModelName(name) : undefined;
    if (!model) return [{ path, message: `must be provider/model, such as openai/gpt-5 or ${DEMO_MODEL}` }];
    if (!knows(model.provider)) return [{ path, message: `is of the provider "${model.provider}", which is not known; known are ${known}` }];
    return model.provider === 'demo' && name !== DEMO_MODEL ? [{ path, message: `must be ${DEMO_MODEL}, the one model of demo` }] : [];
  };
}
