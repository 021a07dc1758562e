/** Nest's plain `@Sse` with a Subject for each stream. */
import { Controller, Module, Param, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Subject } from 'rxjs';
import { servePeer } from '../lib/server.mjs';

const subjects = new Map();
const subjectOf = (stream) => {
  let subject = subjects.get(stream);
  if (!subject) subjects.set(stream, (subject = new Subject()));
  return subject;
};

class StreamController {
  stream(id) {
    return subjectOf(id);
  }
}
Controller('stream')(StreamController);
Sse(':id')(StreamController.prototype, 'stream', Object.getOwnPropertyDescriptor(StreamController.prototype, 'stream'));
Param('id')(StreamController.prototype, 'stream', 0);

class AppModule {}
Module({ controllers: [StreamController] })(AppModule);

servePeer(async () => {
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return {
    port: app.getHttpServer().address().port,
    emit: (stream, events) => {
      const subject = subjectOf(stream);
      for (const event of events) subject.next({ type: event.type, id: String(event.seq), data: event });
    },
  };
});
