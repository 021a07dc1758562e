import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';
import { type StepcastClient } from '../client/stepcast.client.js';

const Context = createContext<StepcastClient | undefined>(undefined);

/**
 * Gives all hooks below it their client. Make the client once, outside of components.
 *
 * @example
 * <StepcastProvider client={client}><App /></StepcastProvider>
 */
export function StepcastProvider({ client, children }: { client: StepcastClient; children?: ReactNode }): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

/**
 * @param given Wins over that of the provider.
 * @throws TypeError where there is neither.
 */
export function useStepcastClient(given?: StepcastClient): StepcastClient {
  const provided = useContext(Context);
  const client = given ?? provided;
  if (!client) throw new TypeError('no Stepcast client: put <StepcastProvider client={…}> around, or give the hook a `client`');
  return client;
}
