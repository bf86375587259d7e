// vCPUs: requests, the entry gate, TLB flushes, the guest, SMIs.

import { PAGE, VCPU } from '../../aggregates/layout.js';
import { outerKnowsRoot } from '../../aggregates/tlb.js';
import { E } from '../../events/catalogue.js';
import { EXIT, FLUSH, MODE, REQ } from '../../events/constants.js';
import { S_VCPU, WAIT } from '../batch.js';
import { exitGfn, exitReason } from '../guest-port.js';
import { CPU_ONLY, OP } from '../op.js';
import type { Decide } from './context.js';

const makeRequest: Decide = (w, o, out) => {
  out.emit(E.RequestMade, o.a * 16 + S_VCPU, o.b, w.vcpuWord(o.a, VCPU.REQUESTS) | o.b, 0);
  return 0;
};

const takeRequest: Decide = (w, o, out) => {
  const requests = w.vcpuWord(o.a, VCPU.REQUESTS);
  if ((requests & o.b) === 0) return 0;
  out.emit(E.RequestTaken, o.a * 16 + S_VCPU, o.b, requests & ~o.b, 0);
  return 1;
};

const kick: Decide = (w, o, out) => {
  if (w.vcpuWord(o.a, VCPU.MODE) !== MODE.IN_GUEST_MODE) return 0;
  out.emit(E.IpiSent, o.a * 16 + S_VCPU, o.b, 0, 0);
  return 1;
};

const waitOutside: Decide = (w, o, out) =>
  w.vcpuWord(o.a, VCPU.MODE) === MODE.OUTSIDE_GUEST_MODE || w.vcpuWord(o.a, VCPU.KICKED) === 0
    ? 0
    : out.wait(WAIT.VCPU_OUTSIDE + o.a);

const enterGate: Decide = (w, o, out) => {
  const at = w.vcpu(o.a);
  const root = w.s[at + VCPU.ROOT];
  if (w.s[at + VCPU.REQUESTS] !== 0 || w.s[at + VCPU.MODE] !== MODE.IN_GUEST_MODE || root === 0) return 1;
  if (w.layout.topology.outerEntries > 0) {
    const serial = w.pageWord(root - 1, PAGE.SERIAL);
    if (!outerKnowsRoot(w, o.a, serial)) {
      out.emit(E.OuterRootShadowed, o.a * 16 + S_VCPU, serial, root - 1, 0);
    }
  }
  out.emit(E.VcpuEntered, o.a * 16 + S_VCPU, w.pageWord(root - 1, PAGE.ROLE), 0, root - 1);
  return 0;
};

const guest: Decide = (w, o, out, ctx) => {
  const { layout } = w;
  const answer = ctx.guest.step(w, o.a, layout.program + out.thread * layout.topology.programWords, out);
  if (out.blockedOn === 0 && exitReason(answer) !== EXIT.NONE) {
    const exits = w.vcpuWord(o.a, VCPU.EXITS_SINCE_PROGRESS) + 1;
    if (exits >= ctx.watchdogExits) {
      out.emit(E.ProgressLost, o.a * 16 + S_VCPU, exits, exitReason(answer), exitGfn(answer));
    }
  }
  return answer;
};

/** Nested: KVM's flush instruction traps, and the outer hypervisor drops what it shadows. A guest's own flush does not. */
const flushTlb: Decide = (w, o, out) => {
  if (w.layout.topology.outerEntries > 0 && o.b !== FLUSH.GUEST && o.d !== CPU_ONLY) {
    out.emit(E.OuterShadowFlushed, o.a * 16 + S_VCPU, o.c, 0, 0);
  }
  out.emit(E.TlbFlushed, o.a * 16 + S_VCPU, o.b, o.c, 0);
  return 0;
};

const requestSmi: Decide = (w, o, out) => {
  const at = w.vcpu(o.a);
  out.emit(E.SmiRequested, o.a * 16 + S_VCPU, o.b, w.s[at + VCPU.PENDING_SMI], 0);
  out.emit(E.RequestMade, o.a * 16 + S_VCPU, REQ.SMI, w.s[at + VCPU.REQUESTS] | REQ.SMI, 0);
  return 0;
};

export const vcpuDecisions: Readonly<Record<number, Decide>> = {
  [OP.MAKE_REQUEST]: makeRequest,
  [OP.TAKE_REQUEST]: takeRequest,
  [OP.KICK]: kick,
  [OP.WAIT_OUTSIDE]: waitOutside,
  [OP.ENTER_GATE]: enterGate,
  [OP.GUEST]: guest,
  [OP.FLUSH_TLB]: flushTlb,
  [OP.REQUEST_SMI]: requestSmi,
};
