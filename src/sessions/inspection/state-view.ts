// The state of a session in words: VMs, vCPUs, the roots of each TDP MMU with role, references and holders. What the
// recording level did not keep is "notRecorded", never shown as empty or zero. The views are the core's projections.
import { type RootView, rootViews } from '../../core/projections/roots.js';
import { type VcpuView, vcpuViews } from '../../core/projections/vcpus.js';
import { type VmView, vmViews } from '../../core/projections/vms.js';
import type { Past } from '../../core/run/past.js';

export type { RootView } from '../../core/projections/roots.js';
export type { VcpuView } from '../../core/projections/vcpus.js';
export type { VmView } from '../../core/projections/vms.js';

export interface StateView {
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly recording: 'full' | 'lifecycle';
  readonly vms: readonly VmView[];
  readonly vcpus: readonly VcpuView[];
  readonly roots: readonly RootView[];
}

export function stateView({ world, position, ordinal, timeNs, recording }: Past): StateView {
  const context = { world, full: recording === 'full' };
  return {
    position,
    ordinal,
    timeNs,
    recording,
    vms: vmViews(context),
    vcpus: vcpuViews(context),
    roots: rootViews(context),
  };
}
