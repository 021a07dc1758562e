/** What encoders write, taken apart again by the parser that clients use. */
import { expect } from '@jest/globals';
import { createParser } from 'eventsource-parser';

export interface ProtocolFrame {
  data: string;
  id?: string;
}

export function framesIn(text: string): ProtocolFrame[] {
  const frames: ProtocolFrame[] = [];
  const parser = createParser({
    onEvent: ({ data, id, event }) => {
      expect(event).toBeUndefined();
      frames.push({ data, ...(id === undefined ? {} : { id }) });
    },
    onError: (error) => {
      throw error;
    },
  });
  parser.feed(text);
  parser.reset({ consume: true });
  return frames;
}

/** The JSON values of frames, `[DONE]` aside. */
export function valuesIn<T>(text: string): T[] {
  return framesIn(text).flatMap(({ data }) => (data === '[DONE]' ? [] : [JSON.parse(data) as T]));
}
