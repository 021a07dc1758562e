/**
 * The load client: a process that holds all subscribers of a run and tells what they were sent, when, and whether anything
 * is missing. Its own work per frame is a few dozen nanoseconds, so that the server stays what is measured.
 */
import { connect } from 'node:net';
import { clearInterval, setInterval } from 'node:timers';
import { answerCalls } from '../lib/calls.mjs';
import { micros } from '../lib/clock.mjs';
import { percentile } from '../lib/stats.mjs';
import { Acknowledger } from './acknowledger.mjs';
import { checkFrame } from './frame.check.mjs';
import { Latencies } from './latencies.mjs';
import { Subscriber } from './subscriber.mjs';

const CONNECTING_TOGETHER = 100;

/** Whether the content of every frame is looked at as well: it costs more than the frames themselves. */
let checking = false;
let subscribers = [];
let latencies;
let acknowledger;
/** Frames that a stream begins with before the first piece. */
let before = 0;
let firstAt;
let lastAt;
/** The first thing that went wrong in any of them. */
let failure;
const onError = (error) => (failure ??= error);

answerCalls({
  configure({ check }) {
    checking = check;
  },

  /**
   * Connects `each` subscribers to every path, and answers when each has its headers and the first `before` frames. With
   * `ack`, every so many pieces that all subscribers have had are acknowledged to the server; with `latency`, pieces hold
   * the time at which they were made.
   */
  async subscribe({ port, paths, headers, each = 1, before: frames = 0, ack, latency }) {
    before = frames;
    firstAt = lastAt = failure = undefined;
    latencies = latency ? new Latencies(latency) : undefined;
    acknowledger = ack ? new Acknowledger(connect({ port: ack.port, host: '127.0.0.1', noDelay: true }), ack.every, paths.length * each) : undefined;
    const onFrame = frameHandler();
    const requests = paths.flatMap((path) => Array.from({ length: each }, () => ({ port, path, headers })));
    for (let i = 0; i < requests.length; i += CONNECTING_TOGETHER) {
      const group = requests.slice(i, i + CONNECTING_TOGETHER).map((request) => new Subscriber(request, { onFrame, onData, onError }));
      subscribers.push(...group);
      await Promise.all(group.map(({ opened }) => opened));
    }
    await reached(before, 30_000);
  },

  /** Waits until each subscriber has had so many pieces, or the time is over, and tells what came. */
  async finish({ pieces, timeoutMs = 30_000 }) {
    await reached(before + pieces, timeoutMs);
    let lost = 0;
    let deliveries = 0;
    for (const { reader } of subscribers) {
      const had = Math.min(pieces, reader.frames - before);
      deliveries += had;
      lost += pieces - had;
    }
    return { deliveries, lost, elapsedMs: (lastAt - firstAt) / 1000, ...latencies?.summary(percentile) };
  },

  /** Fetches one stream to its end, and tells its frames, bytes and time from request to the last frame. */
  async fetchAll({ port, path, headers, frames }) {
    before = 0;
    firstAt = lastAt = failure = acknowledger = latencies = undefined;
    const started = micros();
    const subscriber = new Subscriber({ port, path, headers }, { onFrame: frameHandler(), onData, onError });
    subscribers = [subscriber];
    await reached(frames, 60_000);
    const { frames: had, bytes } = subscriber.reader;
    if (had !== frames) throw new Error(`${had} frames came of ${frames}`);
    return { frames: had, bytes, elapsedMs: (lastAt - started) / 1000 };
  },

  disconnect() {
    for (const subscriber of subscribers) subscriber.close();
    acknowledger?.close();
    subscribers = [];
  },
});

function frameHandler() {
  if (!checking && !latencies) return undefined;
  return (buffer, start, end) => {
    latencies?.add(buffer, start, end);
    if (checking) checkFrame(buffer.toString('utf8', start, end));
  };
}

function onData({ reader }) {
  if (reader.frames <= before) return;
  lastAt = micros();
  firstAt ??= lastAt;
  acknowledger?.saw(reader, reader.frames - before);
}

/** Resolves when every subscriber has so many frames, and also when the time is over. @throws where one of them failed. */
function reached(frames, timeoutMs) {
  const deadline = micros() + timeoutMs * 1000;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (micros() > deadline || subscribers.every(({ reader }) => reader.frames >= frames)) resolve();
      else if (failure) reject(failure);
      else return;
      clearInterval(timer);
    };
    const timer = setInterval(look, 2);
  });
}
