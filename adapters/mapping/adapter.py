"""An inbound adapter that follows a mapping: the contract of `adapters.contract`, without code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from adapters.contract import (
    MOST_READINGS,
    Binding,
    Decoded,
    Ignored,
    Inbound,
    Outcome,
    Reading,
    Rejected,
)
from adapters.fields import Json, Unreadable
from adapters.manifest import Manifest
from adapters.mapping.making import Message, made, merged
from adapters.mapping.rules import WHOLE, MessageRule, read_rules
from adapters.mapping.values import AS_IT_IS, label_of, number_of
from adapters.readings import SideFields, rings, urgent
from adapters.strict_json import as_fields, parse
from adapters.text import visible


@dataclass(frozen=True, slots=True)
class MappedAdapter:
    """Translates by rules: the first whose topic and conditions fit a message is followed.

    `manifest` is what it says of itself, where its file has one beside it.
    """

    rules: tuple[MessageRule, ...]
    manifest: Manifest | None = None

    def identify(self, inbound: Inbound) -> str | None:
        """Say which device speaks; None when the message is about the gateway, or fits no rule.

        Where the payload cannot be read, the topic alone says it if it can.
        """
        try:
            found = self._found(inbound)
        except Unreadable:
            found = None
        if found is not None:
            return found.device()
        return next(self._by_topic(inbound), None)

    def decode(self, inbound: Inbound, binding: Binding) -> Outcome:
        """Say what a message means; one that no rule is for is Rejected, so that people see it."""
        try:
            found = self._found(inbound)
            if found is None:
                return Rejected(
                    "not_mapped",
                    "no [[message]] of the mapping fits this topic and payload: add one, or one"
                    " with `ignore` and the reason",
                )
            return found.outcome(binding)
        except Unreadable as error:
            return Rejected(error.code, error.detail)

    def _found(self, inbound: Inbound) -> "_Found | None":
        roots: dict[str, Json] = {}
        for rule in self.rules:
            if (names := rule.topic.match(inbound.topic)) is None:
                continue
            names = {**_beside(inbound), **names}
            if not rule.when:  # nothing of the payload decides, so it is read once it is needed
                return _Found(rule, inbound, names)
            if rule.payload not in roots:
                roots[rule.payload] = root_of(rule.payload, inbound.payload)
            root = roots[rule.payload]
            if all(one.where.find(root, names) in one.values for one in rule.when):
                return _Found(rule, inbound, names)
        return None

    def _by_topic(self, inbound: Inbound) -> Iterator[str]:
        for rule in self.rules:
            names = rule.topic.match(inbound.topic)
            if names is not None and rule.device is not None and rule.device.name in names:
                yield visible(names[rule.device.name])


@dataclass(frozen=True, slots=True)
class _Found:
    """A message and its rule."""

    rule: MessageRule
    inbound: Inbound
    names: Mapping[str, str]

    def device(self) -> str | None:
        if self.rule.device is None:
            return None
        try:
            root = None if self.rule.device.name else self._root()
            return label_of(self.rule.device.find(root, self.names), self.rule.device.text) or None
        except Unreadable:
            return None

    def outcome(self, binding: Binding) -> Outcome:
        """Raises Unreadable."""
        if self.rule.ignore:
            return Ignored(self.rule.ignore)
        if self.rule.reject:
            return Rejected("not_accepted", self.rule.reject)
        root = self._root()
        if (refusal := self._someone_else(root)) is not None:
            return refusal
        heart, side, ignored = SideFields(), SideFields(), list[str]()
        found = tuple(self._readings(root, binding, heart, side, ignored))
        if len(found) == 0 and heart.fault is None and side.fault is None and ignored:
            return Ignored(ignored[0])
        if heart.fault is not None and not any(map(rings, found)):
            raise heart.fault
        if side.fault is not None and not any(map(urgent, found)):
            raise side.fault
        return Decoded(merged(found))

    def _readings(
        self,
        root: Json,
        binding: Binding,
        heart: SideFields,
        side: SideFields,
        ignored: list[str],
    ) -> Iterator[Reading]:
        zone, test = binding.time_zone, self._is_test(root)
        around = self.rule.around.find(root, self.names, zone, side)
        for item in self._items(root):
            message = Message(item, self.names, binding, self.inbound.replayed)
            for rule in self.rule.readings:
                for one in made(rule, message, heart, side, ignored):
                    own = rule.around.find(item, self.names, zone, side)
                    yield own.or_else(around).told(one, test=test)

    def _is_test(self, root: Json) -> bool:
        return self.rule.test is not None and self.rule.test.find(root, self.names) is True

    def _items(self, root: Json) -> list[Json]:
        if self.rule.each is None:
            return [root]
        listed = self.rule.each.find(root, self.names)
        if not isinstance(listed, list):
            raise Unreadable("wrong_value", f"{self.rule.each.text}: send a list")
        if len(listed) > MOST_READINGS:
            raise Unreadable("too_many_readings", f"{self.rule.each.text}: at most {MOST_READINGS}")
        return listed

    def _someone_else(self, root: Json) -> Rejected | None:
        same = self.rule.same_device
        if same is None or (said := same.where.find(root, self.names)) is None:
            return None
        if same.names(said) == self.device():
            return None
        detail = "the message names another device than its topic does; make them the same"
        return Rejected("identity_mismatch", f"{same.where.text}: {detail}")

    def _root(self) -> Json:
        root = root_of(self.rule.payload, self.inbound.payload)
        if self.rule.payload == "json" and self.rule.wants_object:
            return dict(as_fields(root).values)
        return root


def read_mapping(text: str) -> MappedAdapter:
    """The adapter of a mapping file's text. Raises BadMapping with every fault in it."""
    return MappedAdapter(read_rules(text))


def packaged_mapping(package: str) -> MappedAdapter:
    """The adapter of the `mapping.toml` in a package, for a package that has no code else."""
    return read_mapping(files(package).joinpath("mapping.toml").read_text("utf-8"))


def root_of(written: str, payload: bytes) -> Json:
    """What a payload holds, `written` as json, text, number or none. Raises Unreadable."""
    if written == "none":
        return None
    if written == "json":
        return parse(payload)
    if written == "number":
        return number_of(_text(payload), WHOLE, AS_IT_IS, -1e300, 1e300)
    return _text(payload)


def _beside(inbound: Inbound) -> Mapping[str, str]:
    """What came beside the payload, by the names it has in a mapping."""
    if not inbound.content_type and not inbound.user_properties:
        return {}
    said = {f"property.{name}": value for name, value in inbound.user_properties}
    return {"content_type": inbound.content_type, **said}


def _text(payload: bytes) -> str:
    try:
        return payload.decode().strip()
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", f"byte {error.start} is not UTF-8: send UTF-8") from error
