/** Words as the demo model sees them: pieces to stream, tokens to count, and which of them say what a text is about. */

/** Pieces of a text as they are streamed: a word with the space after it. Together they are the text. */
export function piecesOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** A simple count: words and punctuation marks. No tokenizer of a real model counts like this. */
export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu)?.length ?? 0;
}

/** Words that say nothing of the subject: function words, the verbs that requests begin with, and the furniture of prompts. */
const COMMON = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both but by can cannot could did do does
  doing done down during each either else ever every few first following for from further get give given gives had has have having he her here hers him his how however i
  if in into is it its itself just kept last least less let like made make makes many may me might more most much must my neither next no none nor not now of off on
  once one only onto or other others our out over own part per please put quite rather same says see several she should since so some still such take than that the
  their them then there these they thing things this those three through to too two under until up upon us use used user uses using very want was way we well were what when where
  whether which while who whom whose why will with within without would yes yet you your yours
  add analyse analyze answer ask assess build code coding compare consider create decide define describe design develop discuss document documentation draft explain
  exactly find fix implement improve instead investigate issue issues language list name need needs new old outline plan point points prompt provide question questions
  refine report request research return review revise round said say sentence sentences should step steps subject suggest summarise summarize summary support task tell
  text topic topics try work write writes writing written finding findings know known app application function module program script software system
  typescript javascript python java kotlin rust golang ruby swift markdown json`.split(/\s+/),
);

function isTelling(word: string): boolean {
  return word.length > 2 && !COMMON.has(word) && !/^\d+$/.test(word);
}

const ARTICLES = new Set(['a', 'an', 'the', 'this', 'that', 'each', 'every', 'one', 'your', 'our', 'my', 'its', 'their']);
/** The word after one of these is a verb: `what slows it`, `to parse`, `a tool that counts`. */
const BEFORE_VERBS = new Set(['what', 'which', 'who', 'that', 'it', 'they', 'to', 'and', 'then', 'can', 'should', 'must', 'will']);

/**
 * Runs of telling words that stand side by side, at most `most` long: `rate limiter`, `HTTP requests`. What had an article
 * has one again (`the rate limiter`), so that it fits into a sentence.
 */
export function phrasesOf(text: string, most = 3): string[] {
  const phrases: string[] = [];
  for (const clause of text.split(/[.,;:!?()[\]{}"“”`\n]|\s[-–—]\s/u)) {
    let run: string[] = [];
    let before = '';
    let article = '';
    for (const word of [...(clause.match(/[\p{L}\p{N}][\p{L}\p{N}'’+#-]*/gu) ?? []), '']) {
      const small = word.toLowerCase();
      if (word !== '' && isTelling(small) && !(run.length === 0 && isVerb(small, before))) {
        if (run.length === 0) article = ARTICLES.has(before) && !BEFORE_VERBS.has(before) ? 'the ' : '';
        run.push(before === '' ? plain(word) : word);
      } else {
        if (run.length > 0) phrases.push(article + run.slice(0, most).join(' '));
        run = [];
      }
      before = small;
    }
  }
  return phrases;
}

function isVerb(word: string, before: string): boolean {
  return (before === '' && word.endsWith('ing')) || (BEFORE_VERBS.has(before) && (before !== 'and' || word.endsWith('s')));
}

/** Without the article. */
export function bare(phrase: string): string {
  return phrase.replace(/^the /, '');
}

/** The first word of a clause in small letters, but for names such as `HTTP` or `PostgreSQL`. */
function plain(word: string): string {
  return /[\p{Lu}]/u.test(word.slice(1)) ? word : word.toLowerCase();
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
