// Enishi's web tag: what happens on the page → batches of events → POST /e (docs/web-tag.md).
// `npm run tag` builds e.js from it; a test proves that e.js is that build and smaller than 5 kB.
((window, document) => {
  const script = document.currentScript || document.querySelector('script[data-site]');
  const config = script.dataset;
  const endpoint = new URL(config.endpoint || 'e', script.src).href;
  const now = Date.now;
  const listen = (target, name, run) => target.addEventListener(name, run);

  const COOKIE = '_enishi';
  const UNSENT = '_enishi_unsent';
  const IDLE = 30 * 60e3; // a session ends after this silence
  const PATIENCE = 3e3; // how long events are gathered
  const SLOWEST = 5 * 60e3;
  const BATCH = 10;
  const MOST_UNSENT = 50;
  const VIEWS = ['page_view', 'product_view', 'search'];
  const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

  let queue = [];
  let failures = 0;
  let timer = 0;
  let consent = config.consent == 'granted';
  let customer; // undefined: as the cookie says; '': nobody is logged in
  let commands = Promise.resolve(); // one after the other: an event waits for the member number before it
  let started = false;
  let arrival = true;
  let seen = '';
  let left = {}; // the page that is looked at: what is told of it when it is left
  let shown = 0; // since when the page is visible
  let watched = 0; // how long it was before
  let deepest = 0;

  // 26 letters: milliseconds and 80 random bits, as ULIDs are made.
  const ulid = () => {
    let text = '';
    for (let rest = now(), i = 0; i < 10; i++, rest = Math.floor(rest / 32)) text = LETTERS[rest % 32] + text;
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += LETTERS[byte % 32];
    return text;
  };

  // Global Privacy Control outweighs what the page says.
  const allowed = () => consent && !navigator.globalPrivacyControl;

  // One first-party cookie: visitor . session . events in it . last event (base 36) . customer.
  const remembered = () => {
    const [, visitor, session, count, last, known] =
      document.cookie.match(/(?:^|; )_enishi=(\w{26})\.(\w{26})\.(\w+)\.(\w+)\.(\w*)/) || [];
    const stale = !last || now() - parseInt(last, 36) > IDLE;
    return stale ? { visitor, count: 0 } : { visitor, session, count: +count, known };
  };

  const writeCookie = (value, age) => {
    const domain = config.domain ? ';Domain=' + config.domain : '';
    const secure = location.protocol == 'https:' ? ';Secure' : '';
    document.cookie = COOKIE + '=' + value + ';Path=/;Max-Age=' + age + ';SameSite=Lax' + domain + secure;
  };

  const identity = () => {
    const cookie = remembered();
    const visitor = cookie.visitor || ulid();
    const session = cookie.session || ulid();
    const count = cookie.count + 1;
    customer = customer ?? cookie.known;
    writeCookie([visitor, session, count, now().toString(36), customer].join('.'), 400 * 86400);
    return { visitor_id: visitor, session_id: session, seq_in_session: count, customer_id: customer };
  };

  // Storage may be forbidden or full: then what could not be sent is lost, and nothing else.
  const unsent = (events) => {
    try {
      if (!events) return JSON.parse(localStorage.getItem(UNSENT)) || [];
      if (events.length) localStorage.setItem(UNSENT, JSON.stringify(events.slice(-MOST_UNSENT)));
      else localStorage.removeItem(UNSENT);
    } catch (_) {}
    return [];
  };

  const forget = () => {
    queue = [];
    customer = '';
    unsent([]);
    if (remembered().visitor) writeCookie('', 0);
  };

  const later = (wait) => {
    timer = timer || setTimeout(flush, wait);
  };

  const keep = (events) => {
    failures++;
    if (allowed()) unsent(unsent().concat(events));
    later(Math.min(PATIENCE * 2 ** failures, SLOWEST));
  };

  const flush = (leaving) => {
    clearTimeout(timer);
    timer = 0;
    if (allowed()) {
      queue = unsent().concat(queue);
      // A beacon tells nobody that it was lost: while nothing arrives, the next page tries again.
      if (leaving === true && failures) return unsent(queue.splice(0));
      unsent([]);
    }
    while (queue.length) post(queue.splice(0, BATCH), leaving === true);
  };

  // Plain text needs no preflight. What the endpoint refuses for good (4xx) is not sent again.
  const post = (events, leaving) => {
    const webdriver = navigator.webdriver;
    const body = JSON.stringify({ site: config.site, consent: allowed(), sent_at: now(), webdriver, events });
    if (leaving && navigator.sendBeacon && navigator.sendBeacon(endpoint, body)) return;
    fetch(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(
      ({ status }) => {
        if (status > 499 || status == 429) keep(events);
        else failures = 0;
      },
      () => keep(events)
    );
  };

  const track = (type, properties) => {
    const view = VIEWS.includes(type);
    if (!allowed() && !(view && config.denied == 'minimal')) return;
    const event = { event_id: ulid(), at: now(), event_type: type, page_path: path(), page_type: page().enishiPage };
    queue.push(Object.assign(event, allowed() && identity(), view && source(), properties));
    if (queue.length < BATCH && type != 'purchase') later(PATIENCE);
    else flush();
  };

  const asked = () => new URLSearchParams(location.search);

  // The path, and of the query only what data-keep names.
  const path = () => {
    const kept = (config.keep || '').split(',').filter((name) => asked().has(name));
    return location.pathname + (kept.length ? '?' + kept.map((name) => name + '=' + asked().get(name)).join('&') : '');
  };

  // Where the visitor came from, told once a page load: with the first view.
  const source = () => {
    if (!arrival) return;
    arrival = false;
    const found = {};
    const take = (name, column) => {
      if (asked().has(name)) found[column] = asked().get(name);
    };
    ['utm_source', 'utm_medium', 'utm_campaign'].forEach((name) => take(name, name));
    take('en_m', 'message_id');
    found.click_from = ['gclid', 'yclid', 'fbclid', 'msclkid', 'ttclid'].find((name) => asked().has(name));
    const host = document.referrer && new URL(document.referrer).host;
    if (host != location.host) found.referrer_host = host;
    return found;
  };

  const page = () => document.body.dataset;

  // data-enishi-product="P1" → {product_id: 'P1'}
  const described = (data) => ({
    product_id: data.enishiProduct,
    category_l1: data.enishiCategory,
    search_term: data.enishiSearch,
    result_count: data.enishiResults,
    slot_id: data.enishiSlot,
    variant: data.enishiVariant,
    store_id: data.enishiStore,
    order_id: data.enishiOrder,
  });

  // One view a page: of search results, of a product, or of the page.
  const view = () => {
    if (seen == location.href) return;
    engagement();
    seen = location.href;
    left = { page_path: path(), page_type: page().enishiPage };
    const data = page();
    track('enishiSearch' in data ? 'search' : 'enishiProduct' in data ? 'product_view' : 'page_view', described(data));
  };

  const automatic = () => {
    if (config.auto != 'off') view();
  };

  // How long a page was looked at and how far down: told when it is left, if data-engagement asks for it.
  const engagement = () => {
    if (shown) watched += now() - shown;
    shown = shown && now();
    const told = { ...left, dwell_ms: watched, scroll: deepest };
    if ('engagement' in config && seen && watched) track('engagement', told);
    watched = deepest = 0;
  };

  const hide = () => {
    engagement();
    shown = 0;
    flush(true);
  };

  // The customer id of the lake, made here: a member number never leaves the page, and a mail address is no number.
  const identify = async (member) => {
    const bytes = (text) => new TextEncoder().encode(text);
    const parts = [config.system || '', member + ''].map((part) => bytes(part).length + ':' + part);
    const hash = await crypto.subtle.digest('SHA-256', bytes(parts.join('')));
    const digits = [...new Uint8Array(hash, 0, 10)].map((byte) => (byte + 256).toString(16).slice(1));
    return 'C' + digits.join('');
  };

  // `always`: a login is told each time, a member who is known from before once a session.
  const recognise = (type, always) => async ({ member, ...properties }) => {
    if (!allowed() || /@|^$/.test(member)) return;
    customer = await identify(member);
    if (always || remembered().known != customer) track(type, properties);
  };

  const COMMANDS = {
    consent: (granted) => {
      consent = granted === true || granted == 'granted';
      if (!allowed()) return forget();
      queue = [];
      arrival = true;
      seen = '';
      if (started) automatic();
    },
    login: recognise('login', true),
    signup: recognise('signup', true),
    member: recognise('login'),
    logout: () => {
      customer = '';
    },
    view,
    event: ({ name, ...properties }) => track(name, properties),
  };

  // A tag never breaks its page, and one wrong command does not hold up the next.
  const run = ([name, given]) => {
    const command = COMMANDS.hasOwnProperty(name) ? COMMANDS[name] : (properties) => track(name, properties);
    commands = commands.then(() => command(given ?? {})).catch(() => {});
  };

  const start = () => {
    const waiting = (window.enishi && window.enishi.q) || [];
    window.enishi = (...command) => run(command);
    // What the page says of itself (consent, who it is) comes before its own view.
    [...waiting].forEach(run);
    commands = commands.then(() => {
      started = true;
      automatic();
    });
    const show = () => {
      shown = document.visibilityState == 'hidden' ? 0 : now();
    };
    show();
    listen(document, 'visibilitychange', () => (document.visibilityState == 'hidden' ? hide() : show()));
    listen(window, 'pagehide', hide);
    listen(window, 'online', flush);
    listen(document, 'click', ({ target }) => {
      const element = target.closest && target.closest('[data-enishi-event]');
      if (element) run([element.dataset.enishiEvent, described(element.dataset)]);
    });
    listen(window, 'scroll', () => {
      const reached = (100 * (scrollY + innerHeight)) / document.documentElement.scrollHeight;
      deepest = Math.max(deepest, Math.min(Math.round(reached), 100));
    });
    // A page without reloads: its history tells of new pages.
    const push = history.pushState;
    history.pushState = function () {
      push.apply(history, arguments);
      setTimeout(automatic);
    };
    listen(window, 'popstate', automatic);
    if (unsent().length) later(PATIENCE);
  };

  if (document.readyState == 'loading') listen(document, 'DOMContentLoaded', start);
  else start();
})(window, document);
