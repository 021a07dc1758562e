/** Moves about in the log: by event, by time, or playing it as it happened. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useShortcuts } from '../app/shortcuts.js';
import { clock, count } from '../ui/format.js';
import { type ExecutionModel } from './execution.model.js';

const SPEEDS = [1, 4, 16, 64] as const;
/** Milliseconds that a pause in the log lasts at most when it is played. */
const LONGEST_PAUSE_MS = 2000;

interface ReplayBarProps {
  model: ExecutionModel;
  /** How many events have happened. */
  moment: number;
  total: number;
  onMove: (moment: number) => void;
  onLive: () => void;
}

export function ReplayBar({ model, moment, total, onMove, onLive }: ReplayBarProps) {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(4);
  usePlaying({ model, moment, total, onMove, playing, speed, onEnd: () => setPlaying(false) });
  const move = (to: number) => {
    setPlaying(false);
    onMove(Math.max(0, Math.min(total, to)));
  };
  const play = () => {
    if (!playing && moment >= total) onMove(0);
    setPlaying(!playing);
  };
  useShortcuts({ ' ': play, ',': () => move(moment - 1), '.': () => move(moment + 1) });
  const event = model.events[moment - 1];
  const bar = useRef<HTMLElement>(null);
  const playButton = useRef<HTMLButtonElement>(null);
  // On the button that has opened it, the space bar would close it rather than play.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = bar.current;
    playButton.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && element?.contains(document.activeElement)) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <section ref={bar} className="card replay" aria-label="Replay">
      <span className="row">
        <button type="button" className="quiet icon" aria-label="To the start" onClick={() => move(0)}>«</button>
        <button type="button" className="quiet icon" aria-label="One event back" onClick={() => move(moment - 1)}>‹</button>
        <button ref={playButton} type="button" className="icon" aria-label={playing ? 'Pause' : 'Play'} onClick={play}>{playing ? '❚❚' : '▶'}</button>
        <button type="button" className="quiet icon" aria-label="One event on" onClick={() => move(moment + 1)}>›</button>
        <select aria-label="Speed" value={speed} onChange={({ target }) => setSpeed(Number(target.value))}>{SPEEDS.map((times) => <option key={times} value={times}>{times}×</option>)}</select>
      </span>
      <input
        type="range" min={0} max={total} step={1} value={moment} aria-label="Event" aria-valuetext={event ? `event ${event.seq} of ${total}, ${event.type}` : 'before the first event'}
        onChange={({ target }) => move(Number(target.value))}
      />
      <span className="row replay-facts"><span className="number">{count(moment)} / {count(total)}</span>{event && <><span className="number">{clock(event.timestamp)}</span><code className="wide">{event.type}{event.step ? ` ${event.step.id}` : ''}</code></>}</span>
      <button type="button" className="quiet small push" onClick={onLive}>Live</button>
    </section>
  );
}

interface Playing extends Pick<ReplayBarProps, 'model' | 'moment' | 'total' | 'onMove'> {
  playing: boolean;
  speed: number;
  onEnd: () => void;
}

/** Steps on by the times of the events, `speed` times as fast; many that fall into one frame are taken together. */
function usePlaying(given: Playing): void {
  const latest = useRef(given);
  useEffect(() => {
    latest.current = given;
  });
  const { playing } = given;
  useEffect(() => {
    if (!playing) return;
    let at = performance.now();
    let carriedMs = 0;
    let frame = requestAnimationFrame(function draw(now) {
      const { model, moment, total, speed, onMove, onEnd } = latest.current;
      carriedMs += (now - at) * speed;
      at = now;
      let to = moment;
      while (to < total) {
        const pauseMs = to === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, model.replay.timeAt(to + 1) - model.replay.timeAt(to));
        if (pauseMs > carriedMs) break;
        carriedMs -= pauseMs;
        to++;
      }
      if (to !== moment) onMove(to);
      if (to >= total) return onEnd();
      frame = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);
}
