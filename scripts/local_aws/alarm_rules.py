"""The rule language of composite alarms ("PutCompositeAlarm", CloudWatch API reference)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"
    r"(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^\s()\"']+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))"
)


class RuleError(ValueError):
    """The text is no alarm rule."""


@dataclass(frozen=True)
class _Token:
    word: str
    alarm: str = ""


@dataclass(frozen=True)
class Rule:
    """A parsed rule."""

    tokens: tuple[_Token, ...]

    @property
    def alarms(self) -> list[str]:
        """The names of the alarms that the rule depends on."""
        return sorted({token.alarm for token in self.tokens if token.alarm})

    def holds(self, states: Mapping[str, str]) -> bool:
        """Whether the rule is true of `states`, which maps alarm names to states."""
        return _Reader(self.tokens, states).read()


def parse(text: str) -> Rule:
    """Read a rule or raise RuleError."""
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"unexpected text at position {position}")
        name = match["quoted"] or match["single"] or match["bare"] or ""
        # An alarm may be given by its ARN: arn:aws:cloudwatch:region:account:alarm:name.
        name = name.split(":alarm:", 1)[-1]
        tokens.append(_Token(match["state"] or match["word"], name))
        position = match.end()
    rule = Rule(tuple(tokens))
    rule.holds({})
    return rule


class _Reader:
    """Recursive descent: OR binds least, then AND, then NOT."""

    def __init__(self, tokens: tuple[_Token, ...], states: Mapping[str, str]) -> None:
        self._tokens = list(tokens)
        self._states = states

    def read(self) -> bool:
        value = self._or()
        if self._tokens:
            raise RuleError(f"unexpected {self._tokens[0].word}")
        return value

    def _or(self) -> bool:
        value = self._and()
        while self._take("OR"):
            value = self._and() or value
        return value

    def _and(self) -> bool:
        value = self._not()
        while self._take("AND"):
            value = self._not() and value
        return value

    def _not(self) -> bool:
        if self._take("NOT"):
            return not self._not()
        if self._take("("):
            value = self._or()
            if not self._take(")"):
                raise RuleError("a parenthesis is not closed")
            return value
        if not self._tokens:
            raise RuleError("the rule ends too early")
        token = self._tokens.pop(0)
        if token.word in ("TRUE", "FALSE"):
            return token.word == "TRUE"
        if not token.alarm:
            raise RuleError(f"unexpected {token.word}")
        return self._states.get(token.alarm) == token.word

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == _Token(word):
            self._tokens.pop(0)
            return True
        return False
