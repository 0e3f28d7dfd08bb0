"""Annotations of kernel arguments: `tensor[shape]`, `tensor[shape, dtype]`, `mutable_tensor`."""


class _Annotation:
    def __init__(self, name, content=None):
        self.name = name
        self.content = content

    def __getitem__(self, content):
        return _Annotation(self.name, content)

    def __call__(self, *_):
        raise TypeError(f"nki.typing.{self.name} is an annotation, not a constructor")

    def __repr__(self):
        return self.name if self.content is None else f"{self.name}[{self.content}]"


tensor = _Annotation("tensor")
mutable_tensor = _Annotation("mutable_tensor")
