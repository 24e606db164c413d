"""The part of metric math that alarms on rates use: arithmetic, comparisons, IF and FILL.

A period in which an operand has no data has no result, but for FILL, and for the branch of an IF
that is not taken.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from local_aws.alarms.series import NotUnderstoodError, Series

Value = float | None

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(text: str, series: Mapping[str, Series]) -> Series:
    """The values of an expression over series of the same length.

    Raises NotUnderstoodError when it is no metric math, or more of it than is understood here.
    """
    try:
        # As far as it is understood here, metric math is written as Python writes it.
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise NotUnderstoodError(f"the expression {text}") from None
    periods = len(next(iter(series.values()), []))
    return [
        _value(tree, {name: values[place] for name, values in series.items()})
        for place in range(periods)
    ]


def _value(node: ast.expr, known: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _value(inner, known)
            return None if value is None else -value
        case ast.BinOp(op=kind) if type(kind) in _ARITHMETIC:
            return _both(_ARITHMETIC[type(kind)], node.left, node.right, known)
        case ast.Compare(ops=[kind], comparators=[right]) if type(kind) in _COMPARISONS:
            return _both(_COMPARISONS[type(kind)], node.left, right, known)
        case ast.Call(func=ast.Name(id="FILL"), args=[inner, ast.Constant() as filler]):
            value = _value(inner, known)
            return _value(filler, known) if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            holds = _value(condition, known)
            return None if holds is None else _value(then if holds else otherwise, known)
    raise NotUnderstoodError(f"the expression {ast.unparse(node)}")


def _both(
    combine: Callable[[float, float], float],
    left: ast.expr,
    right: ast.expr,
    known: Mapping[str, Value],
) -> Value:
    first, second = _value(left, known), _value(right, known)
    if first is None or second is None:
        return None
    try:
        return float(combine(first, second))
    except ZeroDivisionError:
        return None
