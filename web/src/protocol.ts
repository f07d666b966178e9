// SPDX-License-Identifier: Apache-2.0
// What the inspect protocol answers, as docs/reference/inspect-protocol.md has it.

export type Kind = 'worker' | 'supervisor' | 'application';
export type Status = 'running' | 'restarting' | 'terminated';

export interface TreeNode {
  id: string;
  pid: string | null;
  name: string | null;
  kind: Kind;
  status: Status;
  /** Milliseconds until the restart, of a child that waits for its back-off. */
  restarts_in?: number;
  strategy: string | null;
  restarts: number;
  window: { used: number; max: number; seconds: number } | null;
  last_exit: string | null;
  queue: number;
  busy: boolean;
  stuck: boolean;
  children_count: number;
  children?: TreeNode[];
}

export interface ProcessItem {
  pid: string;
  name: string | null;
  initial_call: string;
  kind: string;
  status: string;
  queue: number;
  reductions: number;
  memory: number;
  age: number;
}

export interface ProcessInfo extends ProcessItem {
  links: string[];
  monitors: string[];
  monitored_by: string[];
  trap_exit: boolean;
  priority: string;
  parent: string | null;
  ancestors: string[];
  handling: { message: string; for: number } | null;
  mailbox: { type: string; count: number }[];
  state: string | null;
  suspended: boolean;
  last_exit: string | null;
}

export interface LifeEvent {
  seq: number;
  time: number;
  kind: 'start' | 'exit' | 'restart' | 'give_up' | 'stuck' | 'report';
  pid: string | null;
  name: string | null;
  id: string | null;
  supervisor: string | null;
  reason: string | null;
  text: string | null;
}

export interface Report {
  time: number;
  level: string;
  pid: string | null;
  kind: string;
  text: string;
  reason: string | null;
  stack: string[];
}

export interface Statistics {
  processes: number;
  messages: number;
  spawns: number;
  exits: number;
  crashes: number;
  restarts: number;
  timers: number;
  reports_lost: number;
  stuck: number;
  memory: { processes: number; messages: number; total: number };
  schedulers: { index: number; spare: boolean; utilisation: number; queue: number; turns: number; steals: number }[];
  uptime: number;
}

export interface Step {
  supervisor: string;
  name: string | null;
  child: string;
  strategy: string;
  restarts: number;
  max_restarts: number;
  max_seconds: number;
  restarted: boolean;
  shuts_down: boolean;
  busy: boolean;
  actions: { kind: string; child: string; pid: string | null }[];
}

export interface Explanation {
  text: string;
  steps: Step[];
}

export interface TraceEvent {
  text: string;
  kind: string;
  message: string | null;
  state: string | null;
}

export interface Greeting {
  program?: string;
  version?: string;
  os_pid?: number;
  started?: number;
  read_only?: boolean;
  applications?: string[];
}

/** Orderly ends, as a supervisor tells them from crashes; an unknown one is taken for orderly. */
export function isOrderly(reason: string | null | undefined): boolean {
  return !reason || /^(normal|shutdown|\{shutdown|stopped)/.test(reason);
}
