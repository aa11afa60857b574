using System.Text.Json;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>Reads the JSON of an inference request in one pass and remembers where the tensors' data lies.</summary>
internal static class InferRequestParser
{
    private const int MaxTensors = 1024;
    private const int MaxDimensions = 32;

    /// <exception cref="RequestException">400: not JSON, or a field is missing, twice there or of the wrong type.</exception>
    public static InferRequest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw RequestException.BadRequest("the body must be a JSON object with 'inputs'");
            var request = ReadRequest(ref reader);
            if (reader.Read())
                throw RequestException.BadRequest("the body has more than one JSON value");
            return request;
        }
        // The reader reports ill-formed UTF-8 and lone surrogates in strings as invalid operations.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw RequestException.BadRequest($"the body is not valid JSON: {e.Message}", e);
        }
    }

    private static InferRequest ReadRequest(ref Utf8JsonReader reader)
    {
        string? id = null;
        List<RequestInput>? inputs = null;
        List<RequestedOutput>? outputs = null;
        var binaryOutput = false;
        var fields = new FieldSet("the request");
        while (fields.Next(ref reader, out var field))
        {
            switch (field)
            {
                case "id":
                    id = ReadString(ref reader, "id");
                    break;
                case "inputs":
                    inputs = ReadArray(ref reader, "inputs", ReadInput);
                    break;
                case "outputs":
                    outputs = ReadArray(ref reader, "outputs", ReadOutput);
                    break;
                case "parameters":
                    ReadParameters(ref reader, "the request", "binary_data_output", (ref Utf8JsonReader value) =>
                        binaryOutput = ReadBoolean(ref value, "parameters.binary_data_output"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return new InferRequest(id, inputs ?? throw RequestException.BadRequest("the request has no 'inputs'"), outputs, binaryOutput);
    }

    private static RequestInput ReadInput(ref Utf8JsonReader reader)
    {
        string? name = null, datatype = null;
        long[]? shape = null;
        Range? data = null;
        long? binaryBytes = null;
        var fields = new FieldSet("an input");
        while (fields.Next(ref reader, out var field))
        {
            switch (field)
            {
                case "name":
                    name = ReadString(ref reader, "inputs[].name");
                    break;
                case "datatype":
                    datatype = ReadString(ref reader, "inputs[].datatype");
                    break;
                case "shape":
                    shape = [.. ReadArray(ref reader, "inputs[].shape", static (ref Utf8JsonReader value) => ReadInteger(ref value, "inputs[].shape"))];
                    break;
                case "data":
                    data = ReadRange(ref reader);
                    break;
                case "parameters":
                    ReadParameters(ref reader, "an input", "binary_data_size", (ref Utf8JsonReader value) =>
                        binaryBytes = ReadInteger(ref value, "inputs[].parameters.binary_data_size"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (name is null)
            throw RequestException.BadRequest("an input has no 'name'");
        if (datatype is null || !Datatype.IsKnown(datatype))
            throw RequestException.BadRequest($"input '{name}': 'datatype' must be one of {Datatype.Names}");
        if (shape is null || shape.Length > MaxDimensions || shape.Any(static dimension => dimension < 0))
            throw RequestException.BadRequest($"input '{name}': 'shape' must be an array of at most {MaxDimensions} sizes");
        if (data is null == binaryBytes is null)
            throw RequestException.BadRequest($"input '{name}': give either 'data' or 'parameters.binary_data_size'");
        return new RequestInput(name, datatype, shape, data, binaryBytes);
    }

    private static RequestedOutput ReadOutput(ref Utf8JsonReader reader)
    {
        string? name = null;
        bool? binary = null;
        var fields = new FieldSet("an output");
        while (fields.Next(ref reader, out var field))
        {
            switch (field)
            {
                case "name":
                    name = ReadString(ref reader, "outputs[].name");
                    break;
                case "parameters":
                    ReadParameters(ref reader, "an output", "binary_data", (ref Utf8JsonReader value) =>
                        binary = ReadBoolean(ref value, "outputs[].parameters.binary_data"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return new RequestedOutput(name ?? throw RequestException.BadRequest("an output has no 'name'"), binary);
    }

    private delegate T ValueReader<out T>(ref Utf8JsonReader reader);

    private static List<T> ReadArray<T>(ref Utf8JsonReader reader, string field, ValueReader<T> read)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RequestException.BadRequest($"'{field}' must be an array");
        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == MaxTensors)
                throw RequestException.BadRequest($"'{field}' has more than {MaxTensors} entries");
            items.Add(read(ref reader));
        }
        return items;
    }

    private static void ReadParameters(ref Utf8JsonReader reader, string owner, string known, ValueReader<object?> read)
    {
        var fields = new FieldSet($"'parameters' of {owner}");
        while (fields.Next(ref reader, out var field))
        {
            if (field == known)
                read(ref reader);
            else
                reader.Skip();
        }
    }

    private static Range ReadRange(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw RequestException.BadRequest("'inputs[].data' must be an array");
        var start = checked((int)reader.TokenStartIndex);
        reader.Skip();
        return start..checked((int)reader.BytesConsumed);
    }

    private static string ReadString(ref Utf8JsonReader reader, string field) => reader.TokenType == JsonTokenType.String
        ? reader.GetString()!
        : throw RequestException.BadRequest($"'{field}' must be a string");

    private static long ReadInteger(ref Utf8JsonReader reader, string field) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0
            ? value
            : throw RequestException.BadRequest($"'{field}' must be a whole number, 0 or more");

    private static bool ReadBoolean(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw RequestException.BadRequest($"'{field}' must be true or false"),
    };

    /// <summary>Walks over an object's fields and refuses one that is there twice, which two readers might read differently.</summary>
    private ref struct FieldSet(string owner)
    {
        private HashSet<string>? _seen;

        public bool Next(ref Utf8JsonReader reader, out string field)
        {
            if (_seen is null)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                    throw RequestException.BadRequest($"{owner} must be an object");
                _seen = new HashSet<string>(StringComparer.Ordinal);
            }
            field = "";
            if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject)
                return false;
            field = reader.GetString()!;
            if (!_seen.Add(field))
                throw RequestException.BadRequest($"{owner} has '{field}' twice");
            reader.Read();
            return true;
        }
    }
}
