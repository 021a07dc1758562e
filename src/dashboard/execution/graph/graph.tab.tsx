/** The workflow as a graph: all its steps where the definition can be had, with how each stands. */
import { Controls, type Edge as FlowEdge, type Node as FlowNode, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, type Viewport } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { isDark, usePreference } from '../../app/preferences.js';
import { Empty } from '../../ui/parts.js';
import { type TabProps } from '../tab.props.js';
import { type Layout, layoutOf } from './layout.js';
import { FrameNode, StepNode, type StepNodeData } from './step.node.js';
import { grownTree, namesOf, standings, treeOf } from './step.tree.js';
import '../../styles/graph.css';

const NODE_TYPES = { step: StepNode, frame: FrameNode };
/** Below it one looks for what is small with the map. */
const MAP_FROM = 40;
const MAP = { width: 150, height: 90 };
const NARROW = '(max-width: 46rem)';
const FIT = { padding: 0.06, maxZoom: 1, minZoom: 0.3 };
/** Below it, names are too small to be read: then it begins at its first step, with a map. */
const READABLE = 0.75;
const MARGIN = 24;
/** Pixels around the graph, within which the height of its box follows it. */
const AROUND = 110;

export function GraphTab(props: TabProps) {
  return <ReactFlowProvider><Graph {...props} /></ReactFlowProvider>;
}

function Graph({ model, state, definition, selected, onSelect }: TabProps) {
  const grown = grownTree(state.steps);
  const planned = useMemo(() => (definition ? treeOf(definition.workflow.steps) : undefined), [definition]);
  const tree = planned ?? grown;
  const shape = namesOf(tree).join(' ');
  const upright = matchMedia(NARROW).matches;
  const layout = useMemo(() => layoutOf(tree, upright), [shape, upright, tree === planned]);
  const dark = usePreference(isDark);
  const byName = standings(state.steps);
  const [marked, setMarked] = useState<string>();
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const [isCut, setCut] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      if (!box.current) return;
      const view = viewOf(layout, box.current);
      setCut(layout.width * view.zoom > box.current.clientWidth || layout.height * view.zoom > box.current.clientHeight);
      void flow.setViewport(view);
    });
    return () => cancelAnimationFrame(frame);
  }, [flow, layout]);
  if (layout.places.length === 0) return <Empty title="No step has started" />;
  const at = Math.max(0, layout.places.findIndex(({ node }) => node.name === marked));
  const select = (name: string) => {
    setMarked(name);
    const step = byName.get(name)?.step;
    if (step) onSelect(step.id);
  };
  const nodes: FlowNode<StepNodeData>[] = layout.places.map(({ node, x, y, width, height }, i) => {
    const standing = byName.get(node.name);
    const isFrame = node.children.length > 0;
    return {
      id: node.name, type: isFrame ? 'frame' : 'step', position: { x, y }, width, height, zIndex: isFrame ? -1 : 1, draggable: false, focusable: false, selectable: false,
      data: { node, standing, who: model.stageOf(node.name)?.persona, isCurrent: i === at, isSelected: standing !== undefined && standing.step.id === selected, upright, onSelect: select },
    };
  });
  const edges: FlowEdge[] = layout.edges.map(({ from, to }) => {
    const target = byName.get(to)?.step.status;
    return { id: `${from} ${to}`, source: from, target: to, animated: target === 'running', focusable: false, selectable: false, className: target === undefined || target === 'pending' ? 'edge-pending' : 'edge-taken' };
  });
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = layout.places[Math.max(0, Math.min(layout.places.length - 1, at + step))];
    if (!next) return;
    setMarked(next.node.name);
    // What is out of sight is not drawn: it is brought there, and then given the focus.
    void flow.setCenter(next.x + next.width / 2, next.y + next.height / 2, { zoom: flow.getZoom() }).then(() => requestAnimationFrame(() => {
      box.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.node.name)}"]`)?.focus({ preventScroll: true });
    }));
  };
  return (
    <section ref={box} className="card graph" aria-label="Graph of the steps" style={{ '--graph': `${layout.height + AROUND}px` } as React.CSSProperties} onKeyDown={onKey}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} colorMode={dark ? 'dark' : 'light'} minZoom={0.05} maxZoom={2} onlyRenderVisibleElements
        nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} disableKeyboardA11y zoomOnDoubleClick={false} preventScrolling={false} panOnScroll={false} zoomOnScroll={false}
      >
        <Controls showInteractive={false} orientation="horizontal" fitViewOptions={FIT} />
        {(isCut || layout.places.length >= MAP_FROM) && !upright && <MiniMap pannable zoomable style={MAP} ariaLabel="Map of the graph" nodeColor={(node) => `var(--tone-${(node.data as StepNodeData).standing?.step.status ?? 'pending'})`} />}
      </ReactFlow>
    </section>
  );
}

/** All of it where it can be read so, in the middle; else from its beginning. */
function viewOf({ width, height }: Layout, { clientWidth, clientHeight }: HTMLElement): Viewport {
  const zoom = Math.max(READABLE, Math.min(1, (clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height));
  return { x: Math.max(MARGIN, (clientWidth - width * zoom) / 2), y: Math.max(MARGIN, (clientHeight - height * zoom) / 2), zoom };
}
