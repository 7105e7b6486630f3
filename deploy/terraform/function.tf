# The function that loads, what calls it, and where it logs.

resource "aws_cloudwatch_log_group" "function" {
  name              = "/loadstone/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "loader" {
  function_name = "${var.name}-loader"
  description   = "loadstone: loads what lands in the bucket"
  package_type  = "Image"
  image_uri     = var.image_uri
  architectures = [var.architecture]
  memory_size   = var.memory_size
  timeout       = var.function_timeout
  role          = aws_iam_role.function.arn

  ephemeral_storage {
    size = var.ephemeral_storage
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) == 0 ? [] : [1]
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  environment {
    variables = merge(
      {
        LOADSTONE_PIPELINE             = var.pipeline_file
        LOADSTONE_SOURCE               = "s3://${local.bucket_name}/${var.key_prefix}"
        LOADSTONE_DATABASE_URL         = var.database_url != "" ? var.database_url : "secretsmanager://${var.database_secret_arn}"
        LOADSTONE_MAX_CONCURRENT_LOADS = tostring(var.maximum_concurrent_loads)
        LOADSTONE_QUEUE_URL            = aws_sqs_queue.events.id
        LOADSTONE_DEAD_LETTERS_URL     = aws_sqs_queue.dead_letters.id
        LOADSTONE_TOPIC_ARN            = aws_sns_topic.notices.arn
      },
      var.database_host == "" ? {} : {
        LOADSTONE_DATABASE_HOST = var.database_host
        LOADSTONE_DATABASE_PORT = tostring(var.database_port)
        LOADSTONE_DATABASE_NAME = var.database_name
      },
    )
  }

  logging_config {
    log_format = "Text" # loadstone writes JSON itself
    log_group  = aws_cloudwatch_log_group.function.name
  }

  lifecycle {
    precondition {
      condition     = var.database_url != "" || var.database_secret_arn != ""
      error_message = "give database_url, database_secret_arn, or both"
    }
  }

  depends_on = [aws_iam_role_policy.load]
}

resource "aws_lambda_event_source_mapping" "events" {
  event_source_arn        = aws_sqs_queue.events.arn
  function_name           = aws_lambda_function.loader.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
  scaling_config {
    maximum_concurrency = var.maximum_concurrent_loads
  }
}

resource "aws_cloudwatch_event_rule" "reconcile" {
  count               = var.reconcile_schedule == "" ? 0 : 1
  name_prefix         = "${substr(var.name, 0, 30)}-"
  description         = "loadstone: load what no event brought"
  schedule_expression = var.reconcile_schedule
}

resource "aws_cloudwatch_event_target" "reconcile" {
  count = var.reconcile_schedule == "" ? 0 : 1
  rule  = aws_cloudwatch_event_rule.reconcile[0].name
  arn   = aws_lambda_function.loader.arn
}

resource "aws_lambda_permission" "reconcile" {
  count         = var.reconcile_schedule == "" ? 0 : 1
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.loader.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile[0].arn
}
