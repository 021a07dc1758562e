/** The floor of `replay`: the same frames in a file, sent by node:http. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerCalls } from '../lib/calls.mjs';
import { EventMaker, frameOf } from '../lib/server.mjs';

answerCalls({
  async listen({ dataDir, frames }) {
    const file = join(dataDir, 'log.txt');
    const events = new EventMaker();
    const text = function* () {
      for (let i = 0; i < frames; i++) yield frameOf(events.make('twelve chars'));
    };
    await pipeline(Readable.from(text()), createWriteStream(file));
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      createReadStream(file).pipe(response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: server.address().port };
  },
});
