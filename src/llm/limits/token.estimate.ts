/** How many tokens a request will take, before anybody has counted them. What it took is settled after. */
import { type LanguageModelMiddleware } from 'ai';

export type CallOptions = Parameters<NonNullable<LanguageModelMiddleware['wrapStream']>>[0]['params'];
type Content = Exclude<CallOptions['prompt'][number]['content'], string>[number];

const CHARACTERS_PER_TOKEN = 4;
/** Of an answer whose length nobody has bounded. */
const OUTPUT_TOKENS = 1000;
/** An image takes some hundreds to some thousands; its size in bytes says nothing of that. */
const FILE_TOKENS = 1000;

export function estimateTokens({ prompt, tools, responseFormat, maxOutputTokens = OUTPUT_TOKENS }: Pick<CallOptions, 'prompt' | 'tools' | 'responseFormat' | 'maxOutputTokens'>): number {
  let characters = tools === undefined ? 0 : JSON.stringify(tools).length;
  if (responseFormat?.type === 'json') characters += JSON.stringify(responseFormat).length;
  let files = 0;
  for (const { content } of prompt) {
    if (typeof content === 'string') characters += content.length;
    else {
      for (const part of content) {
        if (part.type === 'file') files++;
        else characters += lengthOf(part);
      }
    }
  }
  return tokensIn(characters) + files * FILE_TOKENS + maxOutputTokens;
}

/** Of a text to which nothing is answered in words. */
export function textTokens({ length }: string): number {
  return tokensIn(length);
}

function tokensIn(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

function lengthOf(part: Content): number {
  return 'text' in part ? part.text.length : JSON.stringify(part).length;
}
