/** Looks at a whole frame: its fields, and that its data is the event of that id. @throws Error */
export function checkFrame(frame) {
  const fields = Object.fromEntries(frame.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
  }));
  const event = JSON.parse(fields.data);
  const { delta } = event.data;
  const right = event.seq === Number(fields.id) && event.type === fields.event && (event.type !== 'step_output' || (typeof delta === 'string' && delta !== ''));
  if (!right) throw new Error(`a wrong frame: ${frame}`);
}
