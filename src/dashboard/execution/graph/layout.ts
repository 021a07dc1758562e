/**
 * Where the nodes of a step tree stand, and what leads from one to the next. A step that orders others is a frame around them:
 * what runs in order goes on along, what runs side by side is stacked across. A tree is laid out so in one walk, exactly, where
 * a layout for any graph would take seconds for the thousand steps that a workflow may have.
 */
import { type TreeNode } from './step.tree.js';

export const NODE = { width: 192, height: 52 } as const;
/** Of a frame: room for its title, and around what it holds. */
const TITLE = 30;
const PADDING = 12;
const ALONG_GAP = 34;
const ACROSS_GAP = 12;

export interface Place {
  node: TreeNode;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Edge {
  from: string;
  to: string;
}

export interface Layout {
  places: Place[];
  edges: Edge[];
  width: number;
  height: number;
}

interface Block extends Layout {
  /** Of the node that stands for all of it. */
  name: string;
}

/** @param upright Whether it goes on downward: on narrow screens. */
export function layoutOf(roots: readonly TreeNode[], upright: boolean): Layout {
  return inOrder(roots.map((root) => blockOf(root, upright)), upright);
}

function blockOf(node: TreeNode, upright: boolean): Block {
  const { name, type, children } = node;
  if (children.length === 0) return { name, ...NODE, places: [{ node, x: 0, y: 0, ...NODE }], edges: [] };
  const blocks = children.map((child) => blockOf(child, upright));
  const inner = type === 'parallel' || type === 'conditional' ? sideBySide(blocks, upright) : inOrder(blocks, upright);
  const width = inner.width + 2 * PADDING;
  const height = inner.height + TITLE + PADDING;
  return { name, width, height, places: [{ node, x: 0, y: 0, width, height }, ...shifted(inner, PADDING, TITLE)], edges: inner.edges };
}

function inOrder(blocks: readonly Block[], upright: boolean): Layout {
  const edges = blocks.slice(1).map(({ name }, i) => ({ from: (blocks[i] as Block).name, to: name }));
  return joined(blocks, edges, upright ? 'down' : 'right', ALONG_GAP);
}

function sideBySide(blocks: readonly Block[], upright: boolean): Layout {
  return joined(blocks, [], upright ? 'right' : 'down', ACROSS_GAP);
}

/** One after the other, with their middles on a line. */
function joined(blocks: readonly Block[], between: readonly Edge[], direction: 'right' | 'down', gap: number): Layout {
  const isRight = direction === 'right';
  const breadth = Math.max(0, ...blocks.map(({ width, height }) => (isRight ? height : width)));
  const whole: Layout = { places: [], edges: [...between], width: isRight ? -gap : breadth, height: isRight ? breadth : -gap };
  for (const block of blocks) {
    const offset = (breadth - (isRight ? block.height : block.width)) / 2;
    const [x, y] = isRight ? [whole.width + gap, offset] : [offset, whole.height + gap];
    for (const place of shifted(block, x, y)) whole.places.push(place);
    for (const edge of block.edges) whole.edges.push(edge);
    if (isRight) whole.width += gap + block.width;
    else whole.height += gap + block.height;
  }
  return { ...whole, width: Math.max(0, whole.width), height: Math.max(0, whole.height) };
}

function shifted({ places }: Layout, x: number, y: number): Place[] {
  return places.map((place) => ({ ...place, x: place.x + x, y: place.y + y }));
}
