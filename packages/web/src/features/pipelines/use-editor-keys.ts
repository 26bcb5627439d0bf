// The keys of the editor. They come before the ones that work everywhere, and leave text fields alone.
import type { PipelineEdge, PipelineNode } from '@gathering/contract/pipeline-definition';
import { useEffect, useRef } from 'react';
import { readStored, writeStored } from '../../lib/stored.ts';
import { isTyping } from '../../shell/keys.ts';
import type { Edit, EditState } from './edit-graph.ts';

interface EditorKeys {
  readonly state: EditState;
  readonly dispatch: (edit: Edit) => void;
  readonly onAdd: () => void;
  readonly onSave: () => void;
}

interface Clip {
  readonly nodes: readonly PipelineNode[];
  readonly edges: readonly PipelineEdge[];
}

function copy({ now, selected }: EditState): void {
  const nodes = now.nodes.filter((node) => selected.includes(node.id));
  const edges = now.edges.filter((edge) => selected.includes(edge.from) && selected.includes(edge.to));
  if (nodes.length > 0) writeStored(sessionStorage, 'clip', { nodes, edges } satisfies Clip);
}

type Action = (() => void) | null;

function commandOf(key: string, isShifted: boolean, { state, dispatch }: EditorKeys): Action {
  switch (key) {
    case 'z':
      return () => dispatch({ do: isShifted ? 'redo' : 'undo' });
    case 'y':
      return () => dispatch({ do: 'redo' });
    case 'a':
      return () => dispatch({ do: 'select', ids: state.now.nodes.map((node) => node.id) });
    case 'c':
      // Text that is marked on the page is copied as text.
      return state.selected.length > 0 && getSelection()?.isCollapsed !== false ? () => copy(state) : null;
    case 'v': {
      const clip = readStored(sessionStorage, 'clip') as Clip | undefined;
      return clip ? () => dispatch({ do: 'paste', ...clip }) : null;
    }
    default:
      return null;
  }
}

function actionOf(event: KeyboardEvent, keys: EditorKeys): Action {
  const key = event.key.toLowerCase();
  const isCommand = event.metaKey || event.ctrlKey;
  if (isCommand && key === 's') return keys.onSave;
  if (isTyping(event.target)) return null;
  if (isCommand) return commandOf(key, event.shiftKey, keys);
  if (key === '/') return keys.onAdd;
  return key === 'escape' ? () => keys.dispatch({ do: 'select', ids: [] }) : null;
}

export function useEditorKeys(keys: EditorKeys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const action = actionOf(event, latest.current);
      if (action === null) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    };
    // Capture: the canvas and the global keys must not see what is taken here.
    document.addEventListener('keydown', press, true);
    return () => document.removeEventListener('keydown', press, true);
  }, []);
}
