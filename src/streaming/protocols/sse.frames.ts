/** JSON values as frames of an event stream without names, which is what the clients of these protocols read. */

/**
 * Each value in a frame of its own. The last one carries the seq of the event that they come from, as its `id`: whoever goes
 * on after that has had all of them.
 */
export function framesOf(values: readonly object[], seq?: number): string {
  let text = '';
  values.forEach((value, i) => {
    if (seq !== undefined && i === values.length - 1) text += `id: ${seq}\n`;
    text += `data: ${JSON.stringify(value)}\n\n`;
  });
  return text;
}
