using System.Text.Json;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>
/// Reads the JSON of an inference request in one pass. Tensor data goes straight into tensors when the name, the datatype and the shape
/// stand before it, as every client writes them; otherwise when the input has been read.
/// </summary>
internal ref struct InferRequestReader
{
    private const int MaxTensors = 1024;

    private readonly RestModel _model;
    private readonly InferRequest _request;
    private readonly ReadOnlySpan<byte> _json;
    private readonly long _maxElements;
    private ReadOnlySpan<byte> _binary;
    private Utf8JsonReader _reader;

    /// <summary>Where in the request the reader began: it is started anew after each array of data.</summary>
    private int _offset;

    private InferRequestReader(RestModel model, InferRequest request, ReadOnlySpan<byte> json, ReadOnlySpan<byte> binary, long maxElements)
    {
        _model = model;
        _request = request;
        _json = json;
        _binary = binary;
        _maxElements = maxElements;
        _reader = new Utf8JsonReader(json);
    }

    /// <param name="model">The model that the request is for.</param>
    /// <param name="json">The JSON part of the body.</param>
    /// <param name="binary">What follows the JSON.</param>
    /// <param name="maxElements">Elements that one tensor may have.</param>
    /// <exception cref="RequestException">400: not JSON, a field is missing, twice there or of the wrong type, or data that does not fit the model.</exception>
    public static InferRequest Read(RestModel model, ReadOnlySpan<byte> json, ReadOnlySpan<byte> binary, long maxElements)
    {
        var request = new InferRequest { Outputs = model.AllOutputs };
        try
        {
            new InferRequestReader(model, request, json, binary, maxElements).Read();
            return request;
        }
        // The reader reports ill-formed UTF-8 and lone surrogates in strings as invalid operations.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            request.Dispose();
            throw RequestException.BadRequest($"the body is not valid JSON: {e.Message}", e);
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private void Read()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
            throw RequestException.BadRequest("the body must be a JSON object with 'inputs'");
        var seen = new SeenFields("the request");
        while (NextField())
        {
            if (_reader.ValueTextEquals("inputs"u8))
            {
                seen.Add(0, "inputs");
                _reader.Read();
                ReadInputs();
            }
            else if (_reader.ValueTextEquals("id"u8))
            {
                seen.Add(1, "id");
                _reader.Read();
                _request.Id = ReadString("id");
            }
            else if (_reader.ValueTextEquals("outputs"u8))
            {
                seen.Add(2, "outputs");
                _reader.Read();
                ReadOutputs();
            }
            else if (_reader.ValueTextEquals("parameters"u8))
            {
                seen.Add(3, "parameters");
                _reader.Read();
                ReadParameters();
            }
            else
            {
                SkipValue();
            }
        }
        if (_reader.Read())
            throw RequestException.BadRequest("the body has more than one JSON value");
        if (!seen.Has(0))
            throw RequestException.BadRequest("the request has no 'inputs'");
        RequireAllInputs();
        if (!_binary.IsEmpty)
            throw RequestException.BadRequest($"the body has {_binary.Length} bytes after the last input's binary data");
    }

    private void ReadInputs()
    {
        RequireArray("inputs");
        for (var count = 0; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; count++)
        {
            RequireRoom(count, "inputs");
            ReadInput();
        }
    }

    private void ReadInput()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw RequestException.BadRequest("an input must be an object");
        var input = new InputFields { Index = -1 };
        var seen = new SeenFields("an input");
        while (NextField())
        {
            if (_reader.ValueTextEquals("name"u8))
            {
                seen.Add(0, "name");
                _reader.Read();
                ReadName(ref input);
            }
            else if (_reader.ValueTextEquals("shape"u8))
            {
                seen.Add(1, "shape");
                _reader.Read();
                input.Shape = ReadShape();
            }
            else if (_reader.ValueTextEquals("datatype"u8))
            {
                seen.Add(2, "datatype");
                _reader.Read();
                RequireString("inputs[].datatype");
                input.Type = Datatype.Parse(ref _reader);
            }
            else if (_reader.ValueTextEquals("data"u8))
            {
                seen.Add(3, "data");
                _reader.Read();
                ReadData(ref input);
            }
            else if (_reader.ValueTextEquals("parameters"u8))
            {
                seen.Add(4, "parameters");
                _reader.Read();
                input.BinaryBytes = ReadBinarySize();
            }
            else
            {
                SkipValue();
            }
        }
        Complete(input);
    }

    private void ReadName(ref InputFields input)
    {
        RequireString("inputs[].name");
        for (var index = 0; index < _model.InputNames.Length; index++)
        {
            if (_reader.ValueTextEquals(_model.InputNames[index]))
                input.Index = index;
        }
        input.Name = input.Index >= 0 ? _model.Inputs[input.Index].Name : _reader.GetString();
    }

    private long[] ReadShape()
    {
        RequireArray("inputs[].shape");
        Span<long> sizes = stackalloc long[TensorJsonReader.MaxDimensions];
        var count = 0;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == sizes.Length)
                throw RequestException.BadRequest($"'inputs[].shape' has more than {sizes.Length} dimensions");
            sizes[count++] = ReadSize("inputs[].shape");
        }
        return sizes[..count].ToArray();
    }

    private void ReadData(ref InputFields input)
    {
        RequireArray("inputs[].data");
        var start = Position;
        input.Data = start;
        if (input is { Index: >= 0, Shape: not null, Type: not TensorElementType.Undefined, BinaryBytes: null })
            ResumeAt(Fill(input, start));
        else
            _reader.Skip();
        input.Filled = input is { Index: >= 0, Shape: not null, Type: not TensorElementType.Undefined, BinaryBytes: null };
    }

    /// <summary>The input as a whole: what is wrong with it, and its data if that could not be read before.</summary>
    private void Complete(in InputFields input)
    {
        if (input.Name is null)
            throw RequestException.BadRequest("an input has no 'name'");
        if (input.Type == TensorElementType.Undefined)
            throw RequestException.BadRequest($"input '{input.Name}': 'datatype' must be one of {Datatype.Names}");
        if (input.Shape is null)
            throw RequestException.BadRequest($"input '{input.Name}': 'shape' must be an array of at most {TensorJsonReader.MaxDimensions} sizes");
        if (input.Data is null == input.BinaryBytes is null)
            throw RequestException.BadRequest($"input '{input.Name}': give either 'data' or 'parameters.binary_data_size'");
        if (input.Index < 0)
            throw RequestException.BadRequest($"input '{input.Name}' is unknown: the model has {InputNames()}");
        if (input.Filled)
            return;
        if (input.Data is { } start)
        {
            Fill(input, start);
            return;
        }
        if (input.BinaryBytes > _binary.Length)
            throw RequestException.BadRequest($"input '{input.Name}': binary_data_size is {input.BinaryBytes}, but the body has only {_binary.Length} bytes left after its JSON");
        var data = _binary[..(int)input.BinaryBytes!];
        _binary = _binary[data.Length..];
        BinaryTensorData.Fill(input.Name, AddTensor(input, data.Length, InputShape.BinaryBytesPerElement(input.Type)), data);
    }

    /// <returns>Where the array's closing bracket is.</returns>
    private readonly int Fill(in InputFields input, int start) =>
        TensorJsonReader.Fill(input.Name!, AddTensor(input, _json.Length - start, bytesPerElement: 1), _json, start);

    private readonly OrtTensor AddTensor(in InputFields input, int dataBytes, int bytesPerElement)
    {
        foreach (var other in _request.Inputs)
        {
            if (ReferenceEquals(other.Name, input.Name))
                throw RequestException.BadRequest($"input '{input.Name}' is given twice");
        }
        var expected = _model.Inputs[input.Index];
        if (input.Type != expected.Type)
            throw RequestException.BadRequest($"input '{input.Name}': datatype is {Datatype.Of(input.Type)}, the model needs {Datatype.Of(expected.Type)}");
        // Memory for the tensor is taken only when the request can really fill it.
        InputShape.Check(expected, input.Shape!, Math.Min(_maxElements, dataBytes / bytesPerElement), _maxElements);
        var tensor = OrtTensor.Create(expected.Type, input.Shape);
        _request.Inputs.Add(new InputTensor(expected.Name, tensor));
        return tensor;
    }

    private readonly void RequireAllInputs()
    {
        foreach (var expected in _model.Inputs)
        {
            if (!_request.Inputs.Exists(input => ReferenceEquals(input.Name, expected.Name)))
                throw RequestException.BadRequest($"input '{expected.Name}' is missing: the model needs {InputNames()}");
        }
    }

    private void ReadOutputs()
    {
        RequireArray("outputs");
        var outputs = new List<int>();
        var binary = new List<bool?>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            RequireRoom(outputs.Count, "outputs");
            var (output, isBinary) = ReadOutput();
            if (outputs.Contains(output))
                throw RequestException.BadRequest($"output '{_model.Outputs[output].Name}' is asked for twice");
            outputs.Add(output);
            binary.Add(isBinary);
        }
        if (outputs.Count == 0)
            return;
        _request.Outputs = [.. outputs];
        _request.Binary = [.. binary];
    }

    private (int Output, bool? Binary) ReadOutput()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw RequestException.BadRequest("an output must be an object");
        var output = -1;
        bool? binary = null;
        var seen = new SeenFields("an output");
        while (NextField())
        {
            if (_reader.ValueTextEquals("name"u8))
            {
                seen.Add(0, "name");
                _reader.Read();
                output = OutputNamed();
            }
            else if (_reader.ValueTextEquals("parameters"u8))
            {
                seen.Add(1, "parameters");
                _reader.Read();
                RequireObject("'parameters' of an output");
                while (NextField())
                {
                    if (_reader.ValueTextEquals("binary_data"u8))
                    {
                        if (binary is not null)
                            throw RequestException.BadRequest("'parameters' of an output has 'binary_data' twice");
                        _reader.Read();
                        binary = ReadBoolean("outputs[].parameters.binary_data");
                    }
                    else
                    {
                        SkipValue();
                    }
                }
            }
            else
            {
                SkipValue();
            }
        }
        return output < 0 ? throw RequestException.BadRequest("an output has no 'name'") : (output, binary);
    }

    private readonly int OutputNamed()
    {
        RequireString("outputs[].name");
        for (var index = 0; index < _model.OutputNames.Length; index++)
        {
            if (_reader.ValueTextEquals(_model.OutputNames[index]))
                return index;
        }
        throw RequestException.BadRequest($"output '{_reader.GetString()}' is unknown: the model has {string.Join(", ", _model.Outputs.Select(static output => $"'{output.Name}'"))}");
    }

    private void ReadParameters()
    {
        RequireObject("'parameters' of the request");
        var seen = new SeenFields("'parameters' of the request");
        while (NextField())
        {
            if (_reader.ValueTextEquals("binary_data_output"u8))
            {
                seen.Add(0, "binary_data_output");
                _reader.Read();
                _request.BinaryOutput = ReadBoolean("parameters.binary_data_output");
            }
            else if (_reader.ValueTextEquals("outlier_score"u8))
            {
                seen.Add(1, "outlier_score");
                _reader.Read();
                _request.OutlierScore = ReadBoolean("parameters.outlier_score");
            }
            else
            {
                SkipValue();
            }
        }
    }

    private long? ReadBinarySize()
    {
        RequireObject("'parameters' of an input");
        long? bytes = null;
        while (NextField())
        {
            if (_reader.ValueTextEquals("binary_data_size"u8))
            {
                if (bytes is not null)
                    throw RequestException.BadRequest("'parameters' of an input has 'binary_data_size' twice");
                _reader.Read();
                bytes = ReadSize("inputs[].parameters.binary_data_size");
            }
            else
            {
                SkipValue();
            }
        }
        return bytes;
    }

    /// <summary>The position after the token just read.</summary>
    private readonly int Position => _offset + (int)_reader.BytesConsumed;

    /// <summary>Goes on at the bracket that closes an array, as if the array had been empty.</summary>
    private void ResumeAt(int position)
    {
        _reader = new Utf8JsonReader(_json[position..], isFinalBlock: true, _reader.CurrentState);
        _offset = position;
        _reader.Read();
    }

    /// <summary>Moves to the next field's name; false at the end of the object.</summary>
    private bool NextField() => _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName;

    private void SkipValue()
    {
        _reader.Read();
        _reader.Skip();
    }

    private readonly string ReadString(string field)
    {
        RequireString(field);
        return _reader.GetString()!;
    }

    private readonly long ReadSize(string field) =>
        _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var value) && value >= 0
            ? value
            : throw RequestException.BadRequest($"'{field}' must be a whole number, 0 or more");

    private readonly bool ReadBoolean(string field) => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw RequestException.BadRequest($"'{field}' must be true or false"),
    };

    private readonly void RequireString(string field)
    {
        if (_reader.TokenType != JsonTokenType.String)
            throw RequestException.BadRequest($"'{field}' must be a string");
    }

    private readonly void RequireArray(string field)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
            throw RequestException.BadRequest($"'{field}' must be an array");
    }

    private readonly void RequireObject(string owner)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw RequestException.BadRequest($"{owner} must be an object");
    }

    private static void RequireRoom(int count, string field)
    {
        if (count == MaxTensors)
            throw RequestException.BadRequest($"'{field}' has more than {MaxTensors} entries");
    }

    private readonly string InputNames() => string.Join(", ", _model.Inputs.Select(static input => $"'{input.Name}'"));

    /// <summary>What was read of one input so far.</summary>
    private struct InputFields
    {
        /// <summary>Its place among the model's inputs; -1 when the model has none of this name.</summary>
        public int Index;
        public string? Name;
        public TensorElementType Type;
        public long[]? Shape;

        /// <summary>Where the first element is; null when there is no <c>data</c>.</summary>
        public int? Data;
        public long? BinaryBytes;

        /// <summary>Whether <c>data</c> is in its tensor already.</summary>
        public bool Filled;
    }

    /// <summary>Refuses a field that is there twice, which two readers might read differently.</summary>
    private struct SeenFields(string owner)
    {
        private int _seen;

        public readonly bool Has(int field) => (_seen & (1 << field)) != 0;

        public void Add(int field, string name)
        {
            if (Has(field))
                throw RequestException.BadRequest($"{owner} has '{name}' twice");
            _seen |= 1 << field;
        }
    }
}
