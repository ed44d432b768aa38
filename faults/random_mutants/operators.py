"""What a mutant changes: the operators that mutmut and cosmic-ray know, each on one node of the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

Change = tuple[str, cst.CSTNode]
"""The operator's name, and what takes the node's place."""

_COMPARISONS: dict[type[cst.BaseCompOp], Callable[[], cst.BaseCompOp]] = {
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
    cst.LessThan: cst.LessThanEqual,
    cst.LessThanEqual: cst.LessThan,
    cst.GreaterThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.GreaterThan,
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
}
_ARITHMETIC: dict[type[cst.BaseBinaryOp], Callable[[], cst.BaseBinaryOp]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Multiply,
    cst.Modulo: cst.Multiply,
}
_AUGMENTED: dict[type[cst.BaseAugOp], Callable[[], cst.BaseAugOp]] = {
    cst.AddAssign: cst.SubtractAssign,
    cst.SubtractAssign: cst.AddAssign,
    cst.BitOrAssign: cst.BitAndAssign,
}


def changes(node: cst.CSTNode) -> Iterator[Change]:
    """All that can be changed of a node, but for what stands below it."""
    yield from _expression(node)
    yield from _statement(node)
    yield from _call(node)


def _expression(node: cst.CSTNode) -> Iterator[Change]:
    match node:
        case cst.ComparisonTarget(operator=operator) if type(operator) in _COMPARISONS:
            yield "comparison", node.with_changes(operator=_COMPARISONS[type(operator)]())
        case cst.BooleanOperation(operator=operator):
            yield (
                "boolean",
                node.with_changes(operator=cst.And() if isinstance(operator, cst.Or) else cst.Or()),
            )
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield "not", inner
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) | cst.CompIf(test=test):
            yield "condition", node.with_changes(test=_negated(test))
        case cst.BinaryOperation(operator=operator) if type(operator) in _ARITHMETIC:
            yield "arithmetic", node.with_changes(operator=_ARITHMETIC[type(operator)]())
        case cst.AugAssign(operator=operator) if type(operator) in _AUGMENTED:
            yield "augmented", node.with_changes(operator=_AUGMENTED[type(operator)]())
        case cst.Integer():
            yield "number", cst.Integer(str(node.evaluated_value + 1))
        case cst.Float():
            yield "number", cst.Float(repr(node.evaluated_value * 2 + 1))
        case cst.SimpleString() if isinstance(node.evaluated_value, str):
            yield (
                "string",
                cst.SimpleString(repr(f"XX{node.evaluated_value}" if node.evaluated_value else "XX")),
            )
        case cst.Name(value="True" | "False" as word):
            yield "truth", cst.Name("False" if word == "True" else "True")


def _statement(node: cst.CSTNode) -> Iterator[Change]:
    match node:
        case cst.Return(value=value) if value is not None and not _is_none(value):
            yield "return", node.with_changes(value=cst.Name("None"))
        case cst.Expr(value=cst.Call() | cst.Await()) | cst.Raise() | cst.Del():
            yield "statement", cst.Pass()
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() | cst.Subscript())]):
            yield "statement", cst.Pass()
        case cst.For() | cst.CompFor():
            yield "loop", node.with_changes(iter=cst.Tuple([]))
        case cst.ExceptHandler(body=cst.IndentedBlock()):
            raised = cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise()])])
            if not node.body.deep_equals(raised):
                yield "handler", node.with_changes(body=raised)
        case cst.Break():
            yield "jump", cst.Continue()
        case cst.Continue():
            yield "jump", cst.Break()


def _call(node: cst.CSTNode) -> Iterator[Change]:
    match node:
        case cst.Param(default=default) if default is not None and not _is_none(default):
            yield "default", node.with_changes(default=cst.Name("None"))
        case cst.Call(args=arguments):
            for at, argument in enumerate(arguments):
                if argument.keyword is not None:
                    yield "keyword", node.with_changes(args=[*arguments[:at], *arguments[at + 1 :]])
            plain = [each for each in arguments if each.keyword is None and not each.star]
            if len(plain) > 1 and not plain[0].value.deep_equals(plain[1].value):
                first, second = plain[:2]
                turned = [first.with_changes(value=second.value), second.with_changes(value=first.value)]
                yield "arguments", node.with_changes(args=[*turned, *arguments[2:]])


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    inside = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(whitespace_after=cst.SimpleWhitespace(" ")), inside)


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
