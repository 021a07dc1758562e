/** Signs that a page or its machine was asleep, or away from the network, and is back. Outside of browsers there are none. */
const SIGNS = ['online', 'pageshow', 'focus', 'resume', 'visibilitychange'];

/** @returns what ends it. */
export function onWake(call: () => void): () => void {
  const targets = [globalThis, (globalThis as { document?: EventTarget }).document].filter(
    (target): target is EventTarget & typeof globalThis => typeof (target as Partial<EventTarget> | undefined)?.addEventListener === 'function',
  );
  for (const target of targets) for (const sign of SIGNS) target.addEventListener(sign, call);
  return () => {
    for (const target of targets) for (const sign of SIGNS) target.removeEventListener(sign, call);
  };
}
