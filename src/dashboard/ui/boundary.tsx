/** Keeps a fault of one view, or a file of it that the line would not give, from taking the whole page along. */
import { Component, type ReactNode } from 'react';
import { Failure } from './parts.js';

export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="card pad">
        <Failure error={error} />
        <p className="row"><button type="button" onClick={() => location.reload()}>Load the page again</button></p>
      </div>
    );
  }
}
