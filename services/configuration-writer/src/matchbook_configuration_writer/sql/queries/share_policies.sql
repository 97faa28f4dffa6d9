-- Suggestions come in while nobody replaces the policies: so each is seen by the old ones or by the new ones.
SELECT true FROM guards WHERE name = 'policies' FOR KEY SHARE
