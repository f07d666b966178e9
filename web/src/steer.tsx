// SPDX-License-Identifier: Apache-2.0
// What steers the program, each with a question before what destroys, and a word after what failed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './link';
import { Store, useStore } from './store';

interface Question {
  title: string;
  text: string;
  action: string;
  /** Asked for, with what it is at first. */
  field?: { label: string; value: string };
  answer: (value: string | null) => void;
}

const question = new Store<Question | null>(null);
const message = new Store<{ text: string; bad: boolean } | null>(null);
let messageTimer = 0;

export function tell(text: string, bad = false): void {
  message.value = { text, bad };
  clearTimeout(messageTimer);
  messageTimer = window.setTimeout(() => (message.value = null), bad ? 8000 : 3000);
}

function confirm(asked: Omit<Question, 'answer'>): Promise<string | null> {
  return new Promise((resolve) => {
    question.value?.answer(null);
    question.value = {
      ...asked,
      answer: (value) => {
        question.value = null;
        resolve(value);
      },
    };
  });
}

async function run(done: string, method: string, params: object): Promise<boolean> {
  try {
    await ask(method, params);
    tell(done);
    return true;
  } catch (error) {
    tell((error as Error).message, true);
    return false;
  }
}

export async function killWithQuestion(label: string, pid: string): Promise<void> {
  const answer = await confirm({
    title: `Kill ${label}?`,
    text: `${pid} ends at once, with the reason killed. Its supervisor does what explain says.`,
    action: 'Kill',
  });
  if (answer !== null) await run(`${label} was killed`, 'exit', { who: pid, reason: 'kill' });
}

export async function exitWithQuestion(label: string, pid: string): Promise<void> {
  const reason = await confirm({
    title: `Send an exit to ${label}?`,
    text: `${pid} ends with the reason, unless it traps exits. "normal" is ignored.`,
    action: 'Exit',
    field: { label: 'Reason', value: 'shutdown' },
  });
  if (reason !== null) await run(`${label} was sent an exit`, 'exit', { who: pid, reason: reason || 'shutdown' });
}

export async function terminateWithQuestion(label: string, supervisor: string, id: string): Promise<void> {
  const answer = await confirm({
    title: `Terminate ${label}?`,
    text: 'Its supervisor stops it in order, and does not start it again by itself.',
    action: 'Terminate',
  });
  if (answer !== null) await run(`${label} was terminated`, 'terminate_child', { who: supervisor, id });
}

export async function deleteWithQuestion(label: string, supervisor: string, id: string): Promise<void> {
  const answer = await confirm({
    title: `Delete ${label}?`,
    text: 'Its supervisor forgets how to start it.',
    action: 'Delete',
  });
  if (answer !== null) await run(`${label} was deleted`, 'delete_child', { who: supervisor, id });
}

/** Starts a terminated child; one that runs is stopped in order before. */
export async function restartWithQuestion(label: string, supervisor: string, id: string, runs: boolean): Promise<void> {
  if (runs) {
    const answer = await confirm({
      title: `Restart ${label}?`,
      text: 'It is stopped in order and started anew. That does not count as a restart.',
      action: 'Restart',
    });
    if (answer === null || !(await run(`${label} was stopped`, 'terminate_child', { who: supervisor, id }))) return;
  }
  await run(`${label} was started`, 'restart_child', { who: supervisor, id });
}

export function suspend(label: string, pid: string): Promise<boolean> {
  return run(`${label} is suspended`, 'suspend', { who: pid });
}

export function resume(label: string, pid: string): Promise<boolean> {
  return run(`${label} goes on`, 'resume', { who: pid });
}

function QuestionDialog({ asked }: { asked: Question }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [value, setValue] = useState(asked.field?.value ?? '');
  useEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    element.querySelector<HTMLElement>('input, .danger')?.focus();
    return () => {
      element.close(); // nothing behind it takes the focus while it is open
      if (before instanceof HTMLElement || before instanceof SVGElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} onCancel={() => asked.answer(null)} aria-labelledby="question">
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          asked.answer(value);
        }}
      >
        <h2 id="question">{asked.title}</h2>
        <p>{asked.text}</p>
        {asked.field && (
          <label>
            {asked.field.label}
            <input value={value} onInput={(event) => setValue(event.currentTarget.value)} />
          </label>
        )}
        <div class="buttons">
          <button type="button" onClick={() => asked.answer(null)}>
            Cancel
          </button>
          <button type="submit" class="danger">
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function Questions() {
  const asked = useStore(question);
  const told = useStore(message);
  return (
    <>
      {asked && <QuestionDialog key={asked.title} asked={asked} />}
      <div class={`message ${told ? 'shown' : ''} ${told?.bad ? 'bad' : ''}`} role="status">
        {told?.text}
      </div>
    </>
  );
}
