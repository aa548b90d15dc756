// A browser of the few parts that the tag uses, with a clock that moves when told. Real semantics: a cookie expires,
// storage outlives a page, a beacon is taken or not, a request answers or breaks.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { createHash, webcrypto } from 'node:crypto';

const BUILT = readFileSync(new URL(process.env.TAG, import.meta.url), 'utf8');

export class Browser {
  constructor() {
    this.time = Date.UTC(2026, 10, 21, 3);
    this.jar = new Map();
    this.storage = new Map();
    this.sent = []; // {by, url, body, init}
    this.answers = []; // statuses of the next requests; 'broken' for none; then 204
    this.timers = [];
  }

  // Opens a page with the tag on it and runs it. `said` are commands that the page queued before the tag was there.
  open(url, { config = {}, body = {}, said = [], referrer = '', navigator = {}, beacon = true } = {}) {
    const page = new Page(this, new URL(url), { site: 'shop', system: 'ec', ...config }, body, referrer, navigator, beacon);
    this.timers = [];
    page.run(said);
    return page;
  }

  async pass(milliseconds) {
    const until = this.time + milliseconds;
    for (;;) {
      await settle();
      const due = this.timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.splice(this.timers.indexOf(due), 1);
      this.time = Math.max(this.time, due.at);
      due.run();
    }
    this.time = until;
    await settle();
  }

  get events() {
    return this.sent.flatMap((one) => one.body.events);
  }

  get types() {
    return this.events.map((event) => event.event_type);
  }
}

class Target {
  constructor() {
    this.listeners = {};
  }
  addEventListener(name, run) {
    (this.listeners[name] ||= []).push(run);
  }
  fire(name, event = {}) {
    for (const run of this.listeners[name] || []) run(event);
  }
}

class Page {
  constructor(browser, url, config, body, referrer, navigator, beacon) {
    this.browser = browser;
    const self = this;
    const document = Object.assign(new Target(), {
      currentScript: { dataset: config, src: 'https://collect.example.com/e.js' },
      readyState: 'complete',
      visibilityState: 'visible',
      referrer,
      body: { dataset: body },
      documentElement: { scrollHeight: 2000 },
    });
    Object.defineProperty(document, 'cookie', { get: () => self.cookies(), set: (text) => self.setCookie(text) });
    const window = new Target();
    Object.assign(window, {
      window,
      document,
      location: url,
      scrollY: 0,
      innerHeight: 500,
      URL,
      URLSearchParams,
      TextEncoder,
      Uint8Array,
      crypto: { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes), subtle: { digest } },
      Date: { now: () => browser.time },
      history: { pushState: (_state, _title, to) => self.go(to) },
      localStorage: storage(browser.storage),
      navigator: { ...navigator, ...(beacon && { sendBeacon: (to, text) => self.take('beacon', to, text) && true }) },
      fetch: (to, init) => self.request(to, init),
      setTimeout: (run, wait = 0) => browser.timers.push({ run, at: browser.time + wait, id: ++self.ids }) && self.ids,
      clearTimeout: (id) => (browser.timers = browser.timers.filter((timer) => timer.id !== id)),
    });
    this.ids = 0;
    this.window = window;
    this.document = document;
  }

  run(said) {
    // The snippet of docs/web-tag.md.
    const queued = (...command) => (queued.q = queued.q || []).push(command);
    said.forEach((command) => queued(...command));
    this.window.enishi = queued;
    vm.runInContext(BUILT, vm.createContext(this.window));
  }

  say(...command) {
    this.window.enishi(...command);
    return settle();
  }

  go(to) {
    this.window.location.href = new URL(to, this.window.location.href).href;
  }

  leave() {
    this.document.visibilityState = 'hidden';
    this.document.fire('visibilitychange');
    this.window.fire('pagehide');
  }

  click(dataset) {
    const element = { dataset };
    this.document.fire('click', { target: { closest: () => element } });
    return settle();
  }

  take(by, url, text, init) {
    this.browser.sent.push({ by, url, body: JSON.parse(text), init });
    return true;
  }

  request(url, init) {
    const answer = this.browser.answers.shift() ?? 204;
    if (answer === 'broken') return Promise.reject(new TypeError('no network'));
    if (answer < 300) this.take('fetch', url, init.body, init);
    return Promise.resolve({ status: answer });
  }

  cookies() {
    const alive = [...this.browser.jar].filter(([, cookie]) => cookie.until > this.browser.time);
    return alive.map(([name, cookie]) => `${name}=${cookie.value}`).join('; ');
  }

  setCookie(text) {
    const [pair, ...attributes] = text.split(';');
    const [name, value] = pair.split('=');
    const said = Object.fromEntries(attributes.map((one) => one.split('=')));
    this.browser.jar.set(name, { value, said, until: this.browser.time + Number(said['Max-Age']) * 1000 });
  }
}

function storage(kept) {
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, String(value)),
    removeItem: (name) => kept.delete(name),
  };
}

async function digest(_name, bytes) {
  return new Uint8Array(createHash('sha256').update(bytes).digest()).buffer;
}

// Lets promises come to their end.
async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
}
