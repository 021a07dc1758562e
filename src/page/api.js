/* global AbortSignal */
/**
 * The service's API, spoken with one key. Addresses are relative to the page, so that it also works below a path that a
 * proxy puts before it.
 */

const BASE = 'api/v1/';
const TIMEOUT_MS = 30_000;

/** The service refused a request; `faults` say where, in an input. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where no answer came
   * @param {string} message
   * @param {{ path: string, message: string }[]} faults
   */
  constructor(status, message, faults = []) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.faults = faults;
  }
}

export class Api {
  /** @param {string} key */
  constructor(key) {
    this.headers = { 'X-API-Key': key };
  }

  /** @param {string} path */
  url(path) {
    return BASE + path;
  }

  /** @param {string} path */
  get(path) {
    return this.#request(path, {});
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {Record<string, string>} [headers]
   */
  post(path, body, headers = {}) {
    return this.#request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  async #request(path, init) {
    /** @type {Response} */
    let response;
    try {
      response = await fetch(this.url(path), { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), ...init, headers: { ...this.headers, ...init.headers } });
    } catch {
      throw new ApiError(0, 'The service could not be reached. Try again in a moment.');
    }
    const body = await response.json().catch(() => undefined);
    if (!response.ok) throw new ApiError(response.status, body?.detail ?? `The service answered ${response.status}.`, body?.errors);
    return body;
  }
}
