"""Reads a Perfetto trace with the protobuf library: rows, slices, arrows and counters by name."""
import importlib
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def load_schema():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["protoc", f"--proto_path={HERE}", f"--python_out={directory}",
                        "perfetto_subset.proto"], check=True)
        sys.path.insert(0, directory)
        try:
            return importlib.import_module("perfetto_subset_pb2")
        finally:
            sys.path.remove(directory)


SCHEMA = load_schema()
BEGIN, END, COUNTER = 1, 2, 4


class Trace:
    """tracks: uuid -> name; slices: dicts; counters: name -> [(ns, value)]; process: its name."""

    def __init__(self, data):
        message = SCHEMA.Trace()
        message.ParseFromString(data)
        self.tracks, self.slices, self.counters, self.ranks = {}, [], {}, {}
        self.process, self.units = None, {}
        self.names = {"categories": {}, "events": {}, "arguments": {}, "strings": {}}
        self.open = {}
        for index, packet in enumerate(message.packet):
            assert packet.trusted_packet_sequence_id == 1
            assert packet.sequence_flags & 2 and bool(packet.sequence_flags & 1) == (index == 0)
            self.take_names(packet.interned_data)
            if packet.HasField("track_descriptor"):
                self.take_track(packet.track_descriptor)
            if packet.HasField("track_event"):
                self.take_event(packet.timestamp, packet.track_event)
        assert not any(self.open.values()), "a slice without end"

    def take_names(self, data):
        for table, entries in (("categories", data.event_categories), ("events", data.event_names),
                               ("arguments", data.debug_annotation_names),
                               ("strings", data.debug_annotation_string_values)):
            for entry in entries:
                assert entry.iid and entry.iid not in self.names[table]
                self.names[table][entry.iid] = entry.name

    def take_track(self, track):
        if track.HasField("process"):
            assert track.child_ordering == 3
            self.process = track.process.process_name
            self.process_uuid = track.uuid
            return
        assert track.parent_uuid == self.process_uuid and track.uuid not in self.tracks
        self.tracks[track.uuid] = track.name
        self.ranks[track.name] = track.sibling_order_rank
        if track.HasField("counter"):
            self.counters[track.name] = []
            self.units[track.name] = track.counter.unit_name

    def argument(self, annotation):
        name = self.names["arguments"][annotation.name_iid]
        if annotation.HasField("int_value"):
            return name, annotation.int_value
        if annotation.HasField("string_value_iid"):
            return name, self.names["strings"][annotation.string_value_iid]
        return name, annotation.string_value

    def take_event(self, time, event):
        track = self.tracks[event.track_uuid]
        if event.type == COUNTER:
            self.counters[track].append((time, event.counter_value))
            return
        stack = self.open.setdefault(track, [])
        if event.type == END:
            stack.pop()["end"] = time
            return
        assert event.type == BEGIN
        opened = {"track": track, "name": self.names["events"][event.name_iid], "start": time,
                  "category": self.names["categories"][event.category_iids[0]],
                  "depth": len(stack), "out": list(event.flow_ids),
                  "in": list(event.terminating_flow_ids),
                  "arguments": dict(self.argument(a) for a in event.debug_annotations)}
        stack.append(opened)
        self.slices.append(opened)
