import assert from 'node:assert/strict';
import test from 'node:test';
import { Browser } from './browser.mjs';

const SHOP = 'https://shop.example.com';
const GRANTED = { config: { consent: 'granted' } };
const MINUTE = 60e3;
// stable_id("C", "ec", "12345") of enishi.ids
const MEMBER = process.env.MEMBER;

test('without consent nothing is sent and nothing is kept', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, { said: [['add_to_cart', { product_id: 'P1' }]] });
  await browser.pass(MINUTE);
  page.leave();
  assert.deepEqual([browser.sent, browser.jar.size, browser.storage.size], [[], 0, 0]);
});

test('a minimal view without consent has no id and no cookie', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/top`, { config: { denied: 'minimal' } });
  await page.say('add_to_cart', { product_id: 'P1' });
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['page_view']);
  assert.equal(browser.sent[0].body.consent, false);
  for (const name of ['visitor_id', 'session_id', 'customer_id', 'seq_in_session']) assert.ok(!(name in browser.events[0]));
  assert.equal(browser.jar.size, 0);
});

test('Global Privacy Control outweighs the page', async () => {
  const browser = new Browser();
  browser.open(`${SHOP}/`, { ...GRANTED, navigator: { globalPrivacyControl: true } });
  await browser.pass(MINUTE);
  assert.deepEqual([browser.sent.length, browser.jar.size], [0, 0]);
});

test('consent that comes later tells the view with where it came from', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/?utm_source=mail`, {});
  await browser.pass(MINUTE);
  await page.say('consent', true);
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['page_view']);
  assert.equal(browser.events[0].utm_source, 'mail');
});

test('taking consent back removes the cookie and what waits', async () => {
  const browser = new Browser();
  browser.answers = ['broken'];
  const page = browser.open(`${SHOP}/`, GRANTED);
  await browser.pass(5e3);
  assert.equal(browser.storage.size, 1);
  await page.say('consent', false);
  await browser.pass(10 * MINUTE);
  assert.deepEqual([browser.sent.length, browser.storage.size, page.cookies()], [0, 0, '']);
});

test('what was said before the tag was there is sent in order, the member known from the first event on', async () => {
  const browser = new Browser();
  const said = [['consent', true], ['login', { member: '12345' }], ['add_to_cart', { product_id: 'P1' }]];
  browser.open(`${SHOP}/`, { said });
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['login', 'add_to_cart', 'page_view']);
  assert.deepEqual(browser.events.map((event) => event.customer_id), [MEMBER, MEMBER, MEMBER]);
  assert.deepEqual(browser.events.map((event) => event.seq_in_session), [1, 2, 3]);
});

test('neither a member number nor a mail address leaves the page', async () => {
  const browser = new Browser();
  const said = [['login', { member: '12345' }], ['login', { member: 'hanako@example.com' }]];
  browser.open(`${SHOP}/`, { ...GRANTED, said });
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['login', 'page_view']);
  assert.ok(!/12345|hanako/.test(JSON.stringify(browser.sent) + JSON.stringify([...browser.jar])));
});

test('a known member is told once a session, and the session remembers who it is', async () => {
  const browser = new Browser();
  for (const path of ['/a', '/b']) {
    browser.open(SHOP + path, { ...GRANTED, said: [['member', { member: '12345' }]] });
    await browser.pass(MINUTE);
  }
  browser.open(`${SHOP}/c`, GRANTED);
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['login', 'page_view', 'page_view', 'page_view']);
  assert.deepEqual(new Set(browser.events.map((event) => event.customer_id)), new Set([MEMBER]));
});

test('after a logout events are nobody’s', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, { ...GRANTED, said: [['login', { member: '12345' }]] });
  await browser.pass(MINUTE);
  await page.say('logout');
  await page.say('event', { name: 'size_guide' });
  await browser.pass(MINUTE);
  assert.equal(browser.events.at(-1).event_type, 'size_guide');
  assert.equal(browser.events.at(-1).customer_id, '');
});

test('the visitor stays, the session ends after half an hour of silence', async () => {
  const browser = new Browser();
  for (const minutes of [0, 29, 31]) {
    await browser.pass(minutes * MINUTE);
    browser.open(`${SHOP}/${minutes}`, GRANTED);
    await browser.pass(3e3);
  }
  const [first, second, third] = browser.events;
  assert.equal(first.session_id, second.session_id);
  assert.notEqual(second.session_id, third.session_id);
  assert.deepEqual([first, second, third].map((event) => event.seq_in_session), [1, 2, 1]);
  assert.equal(new Set(browser.events.map((event) => event.visitor_id)).size, 1);
  const { said } = browser.jar.get('_enishi');
  assert.deepEqual([said.SameSite, 'Secure' in said, said['Max-Age']], ['Lax', true, String(400 * 86400)]);
});

test('events are gathered: ten are one request, fewer go after three seconds', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  for (let number = 1; number < 12; number++) await page.say('favourite_add', { product_id: `P${number}` });
  assert.deepEqual(browser.sent.map((one) => one.body.events.length), [10]);
  await browser.pass(3e3);
  assert.deepEqual(browser.sent.map((one) => one.body.events.length), [10, 2]);
  assert.equal(browser.sent[0].url, 'https://collect.example.com/e');
  assert.deepEqual([browser.sent[0].init.credentials, browser.sent[0].init.keepalive], ['omit', true]);
});

test('leaving the page sends what waits by beacon, once', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  await browser.pass(1e3);
  page.leave();
  await browser.pass(MINUTE);
  assert.deepEqual(browser.sent.map((one) => [one.by, one.body.events.length]), [['beacon', 1]]);
});

test('a purchase does not wait', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/thanks`, GRANTED);
  await page.say('purchase', { order_id: 'O1' });
  assert.deepEqual(browser.types, ['page_view', 'purchase']);
});

test('what did not arrive is sent again under the same ids, also by the next page', async () => {
  const browser = new Browser();
  browser.answers = ['broken', 503, 429];
  browser.open(`${SHOP}/a`, GRANTED);
  await browser.pass(20e3);
  assert.equal(browser.sent.length, 0);
  const waiting = JSON.parse(browser.storage.get('_enishi_unsent'));
  browser.open(`${SHOP}/b`, GRANTED);
  await browser.pass(MINUTE);
  assert.deepEqual(browser.events.map((event) => event.page_path), ['/a', '/b']);
  assert.equal(browser.events[0].event_id, waiting[0].event_id);
  assert.ok(browser.sent[0].body.sent_at - browser.events[0].at >= 20e3);
  assert.equal(browser.storage.size, 0);
});

test('what the endpoint refuses for good is not sent again', async () => {
  const browser = new Browser();
  browser.answers = [403];
  browser.open(`${SHOP}/`, GRANTED);
  await browser.pass(60 * MINUTE);
  assert.deepEqual([browser.sent.length, browser.storage.size], [0, 0]);
});

test('a long outage keeps the last fifty events', async () => {
  const browser = new Browser();
  browser.answers = Array(1000).fill('broken');
  const page = browser.open(`${SHOP}/`, GRANTED);
  for (let number = 0; number < 80; number++) await page.say('favourite_add', { product_id: `P${number}` });
  page.leave();
  await browser.pass(MINUTE);
  const kept = JSON.parse(browser.storage.get('_enishi_unsent'));
  assert.equal(kept.length, 50);
  assert.equal(kept.at(-1).product_id, 'P79');
});

test('a page says what it shows', async () => {
  const browser = new Browser();
  const product = { enishiPage: 'product', enishiProduct: 'P1', enishiCategory: 'TV' };
  browser.open(`${SHOP}/p/1`, { ...GRANTED, body: product });
  await browser.pass(MINUTE);
  browser.open(`${SHOP}/s?q=tv&x=1`, {
    config: { consent: 'granted', keep: 'q,none' },
    body: { enishiPage: 'search', enishiSearch: 'tv', enishiResults: '3' },
  });
  await browser.pass(MINUTE);
  const [first, second] = browser.events;
  assert.deepEqual([first.event_type, first.page_type, first.product_id, first.category_l1], ['product_view', 'product', 'P1', 'TV']);
  assert.deepEqual([second.event_type, second.search_term, second.result_count, second.page_path], ['search', 'tv', '3', '/s?q=tv']);
});

test('a click on a marked element is an event', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  await page.click({ enishiEvent: 'add_to_cart', enishiProduct: 'P1', enishiSlot: 'rec1' });
  await browser.pass(MINUTE);
  const found = browser.events[1];
  assert.deepEqual([found.event_type, found.product_id, found.slot_id], ['add_to_cart', 'P1', 'rec1']);
});

test('where a visit came from is told with its first view alone', async () => {
  const browser = new Browser();
  const message = 'a'.repeat(32);
  const page = browser.open(`${SHOP}/?utm_source=news&utm_medium=mail&en_m=${message}&gclid=secret`, {
    ...GRANTED,
    referrer: 'https://www.google.co.jp/search?q=tv',
  });
  await browser.pass(MINUTE);
  page.window.history.pushState(null, '', '/next');
  await browser.pass(MINUTE);
  const [first, second] = browser.events;
  assert.deepEqual(
    [first.utm_source, first.utm_medium, first.message_id, first.click_from, first.referrer_host],
    ['news', 'mail', message, 'gclid', 'www.google.co.jp'],
  );
  assert.ok(!JSON.stringify(browser.sent).includes('secret'));
  assert.deepEqual([second.page_path, second.utm_source, second.referrer_host], ['/next', undefined, undefined]);
});

test('a page of the same site is no referrer', async () => {
  const browser = new Browser();
  browser.open(`${SHOP}/b`, { ...GRANTED, referrer: `${SHOP}/a` });
  await browser.pass(MINUTE);
  assert.equal(browser.events[0].referrer_host, undefined);
});

test('how long and how far a page was read is told when it is left, if asked for', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/guide`, { config: { consent: 'granted', engagement: '' } });
  await browser.pass(20e3);
  page.window.scrollY = 500;
  page.window.fire('scroll');
  page.leave();
  const found = browser.events.at(-1);
  assert.deepEqual([found.event_type, found.page_path, found.dwell_ms, found.scroll], ['engagement', '/guide', 20e3, 50]);
});

test('a wrong command breaks neither the page nor the next command', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  await page.say('event', 7);
  await page.say('login', { member: { toString: 7 } });
  await page.say('favourite_add', { product_id: 'P1' });
  await browser.pass(MINUTE);
  assert.ok(browser.types.includes('favourite_add'));
});

test('forbidden storage costs only what could not be sent', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  Object.defineProperty(page.window, 'localStorage', { get: () => { throw new Error('forbidden'); } });
  await browser.pass(MINUTE);
  assert.deepEqual(browser.types, ['page_view']);
});

test('ids are ULIDs and never twice the same', async () => {
  const browser = new Browser();
  const page = browser.open(`${SHOP}/`, GRANTED);
  for (let number = 0; number < 200; number++) await page.say('favourite_add', {});
  await browser.pass(MINUTE);
  const ids = browser.events.map((event) => event.event_id);
  assert.equal(new Set(ids).size, 201);
  assert.ok(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)));
});
