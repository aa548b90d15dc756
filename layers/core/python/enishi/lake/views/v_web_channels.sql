-- Words of links and names of referrers → the channel of a visit: rules of v_sessions, as data.
SELECT kind, word, channel
FROM (
  VALUES
    ('medium', 'mail', 'mail'), ('medium', 'email', 'mail'), ('medium', 'e-mail', 'mail'),
    ('medium', 'newsletter', 'mail'), ('medium', 'mailmagazine', 'mail'), ('medium', 'line', 'line'),
    ('medium', 'push', 'push'), ('medium', 'app_push', 'push'), ('medium', 'sms', 'sms'),
    ('medium', 'catalog', 'catalog'), ('medium', 'dm', 'catalog'), ('medium', 'qr', 'catalog'),
    ('medium', 'cpc', 'paid_search'), ('medium', 'ppc', 'paid_search'), ('medium', 'paid_search', 'paid_search'),
    ('medium', 'paidsearch', 'paid_search'), ('medium', 'listing', 'paid_search'),
    ('medium', 'paid_social', 'paid_social'), ('medium', 'paidsocial', 'paid_social'),
    ('medium', 'display', 'display'), ('medium', 'banner', 'display'), ('medium', 'cpm', 'display'),
    ('medium', 'affiliate', 'affiliate'), ('medium', 'organic', 'organic_search'), ('medium', 'social', 'social'),
    ('medium', 'sns', 'social'), ('medium', 'referral', 'referral'),
    ('source', 'newsletter', 'mail'), ('source', 'mailmagazine', 'mail'), ('source', 'line', 'line'),
    ('source', 'sns', 'social'), ('source', 'instagram', 'social'), ('source', 'facebook', 'social'),
    ('source', 'twitter', 'social'), ('source', 'x', 'social'), ('source', 'tiktok', 'social'),
    ('source', 'youtube', 'social'), ('source', 'pinterest', 'social'),
    ('referrer', 'google', 'organic_search'), ('referrer', 'yahoo', 'organic_search'),
    ('referrer', 'bing', 'organic_search'), ('referrer', 'duckduckgo', 'organic_search'),
    ('referrer', 'baidu', 'organic_search'), ('referrer', 'goo', 'organic_search'),
    ('referrer', 'naver', 'organic_search'), ('referrer', 'ecosia', 'organic_search'),
    ('referrer', 'instagram', 'social'), ('referrer', 'facebook', 'social'), ('referrer', 'twitter', 'social'),
    ('referrer', 'x', 'social'), ('referrer', 't', 'social'), ('referrer', 'tiktok', 'social'),
    ('referrer', 'youtube', 'social'), ('referrer', 'pinterest', 'social'), ('referrer', 'line', 'social')
) AS rules(kind, word, channel)
